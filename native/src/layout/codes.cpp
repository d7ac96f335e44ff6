// SPDX-License-Identifier: Apache-2.0
// Panels of codes: for each group the codes with what belongs to the group, then what belongs to the columns.
#include <string.h>

#include "float_bits.h"
#include "layout/panels.h"

namespace ks {
namespace {

constexpr int64_t kPiece = 32;

// The code of value 0.
int zero_code(int bits) { return bits == 8 ? 0 : 1 << (bits - 1); }

int64_t padded_k(const PackedMatrix& matrix) { return (matrix.k + kPiece - 1) / kPiece * kPiece; }

uint64_t stored_scale_bytes(const PackedMatrix& matrix) {
    return matrix.format->id == KS_FORMAT_Q4_0 ? sizeof(uint16_t) : matrix.format->scale_bytes();
}

// Codes [k, k + kPiece) of one row, a byte each; what is past the end has value 0.
void read_codes(const Format& format, const uint8_t* row, int64_t k, int64_t k_end, uint8_t* codes) {
    if (format.id == KS_FORMAT_Q4_0) {
        const uint8_t* nibbles = row + k / kQ4BlockValues * kQ4BlockBytes + sizeof(uint16_t);
        for (int i = 0; i < 16; ++i) {
            codes[i] = nibbles[i] & 15;
            codes[i + 16] = nibbles[i] >> 4;
        }
        return;
    }
    const int count = static_cast<int>(k_end - k < kPiece ? k_end - k : kPiece);
    if (format.bits == 8) {
        memcpy(codes, row + k, static_cast<size_t>(count));
    } else {
        const int per_byte = 8 / format.bits;
        const int mask = (1 << format.bits) - 1;
        const uint8_t* from = row + k / per_byte;
        for (int i = 0; i < count; ++i) {
            codes[i] = static_cast<uint8_t>((from[i / per_byte] >> (i % per_byte * format.bits)) & mask);
        }
    }
    memset(codes + count, zero_code(format.bits), static_cast<size_t>(kPiece - count));
}

void write_codes(const Format& format, const uint8_t* codes, int64_t k, int64_t k_end, uint8_t* row) {
    if (format.id == KS_FORMAT_Q4_0) {
        uint8_t* nibbles = row + k / kQ4BlockValues * kQ4BlockBytes + sizeof(uint16_t);
        for (int i = 0; i < 16; ++i) nibbles[i] = static_cast<uint8_t>(codes[i] | codes[i + 16] << 4);
        return;
    }
    const int count = static_cast<int>(k_end - k < kPiece ? k_end - k : kPiece);
    if (format.bits == 8) {
        memcpy(row + k, codes, static_cast<size_t>(count));
        return;
    }
    const int per_byte = 8 / format.bits;
    uint8_t* to = row + k / per_byte;
    for (int i = 0; i < count; i += per_byte) {
        int byte = 0;
        for (int j = 0; j < per_byte && i + j < count; ++j) byte |= codes[i + j] << (j * format.bits);
        to[i / per_byte] = static_cast<uint8_t>(byte);
    }
}

int32_t sum_of(const Format& format, const uint8_t* codes) {
    int32_t sum = 0;
    for (int i = 0; i < kPiece; ++i) {
        sum += format.bits == 8 ? static_cast<int8_t>(codes[i]) : codes[i] - zero_code(format.bits);
    }
    return sum;
}

// One scale as it comes: 2 or 4 bytes; Q4_0's are in the blocks.
template <typename Byte, typename Float>
Byte* scale_place(const Format& format, const WeightsOf<Byte, Float>& weights, int64_t row, int64_t group) {
    if (format.id == KS_FORMAT_Q4_0) return weights.weights + row * weights.stride_bytes + group * kQ4BlockBytes;
    return weights.scales + (row * weights.scales_stride + group) * static_cast<int64_t>(format.scale_bytes());
}

float load_float(const uint8_t* from) {
    float value;
    memcpy(&value, from, sizeof value);
    return value;
}

void store_float(uint8_t* to, float value) { memcpy(to, &value, sizeof value); }

// Exact both ways: scales are 0 or large enough (see ks_pack_args).
void copy_scale(Stored stored, const uint8_t* from, uint8_t* to, uint64_t bytes, float factor) {
    if (stored == Stored::kSixteenth) {
        store_float(to, load_float(from) * factor);
    } else {
        memcpy(to, from, bytes);
    }
}

// Where the parts of a panel stand, and the bytes from one group's to the next.
struct PanelPlaces {
    uint64_t codes;
    uint64_t codes_step;
    uint64_t group_scale;
    uint64_t group_scale_step;
    uint64_t zero;
    uint64_t sum;
    uint64_t channel_scale;
    uint64_t bias;

    explicit PanelPlaces(const PackedMatrix& matrix) {
        const Layout& layout = *matrix.layout;
        const uint64_t width = static_cast<uint64_t>(matrix.columns());
        const uint64_t groups = static_cast<uint64_t>(groups_of(matrix));
        const uint64_t group = group_bytes(matrix);
        const uint64_t code_bytes =
            width * static_cast<uint64_t>(group_values(matrix)) * static_cast<uint64_t>(matrix.format->bits) / 8;
        const uint64_t scale_bytes = width * stored_scale_bytes(matrix);
        const bool scales_last = layout.scale_place == ScalePlace::kLast;
        codes = layout.scale_place == ScalePlace::kFirst ? scale_bytes : 0;
        codes_step = scales_last ? code_bytes : group;
        zero = codes + code_bytes;
        group_scale = zero + (matrix.format->has_zeros ? width * sizeof(float) : 0);
        if (layout.scale_place == ScalePlace::kFirst) group_scale = 0;
        if (scales_last) group_scale = groups * code_bytes;
        group_scale_step = scales_last ? scale_bytes : group;
        sum = groups * group;
        channel_scale = sum + (layout.sum != Sum::kNone ? width * sizeof(float) : 0);
        bias = channel_scale + (layout.channel_scale != Stored::kAbsent ? width * sizeof(float) : 0);
    }
};

// One column of a panel being packed; row < 0 stands for zero weights.
struct ColumnPacker {
    const PackedMatrix& matrix;
    const Weights& from;
    PanelPlaces places;
    uint8_t* panel;
    int64_t column;
    int64_t row;
    float row_sum = 0;
    int32_t sum = 0;

    void pack_group(int64_t group) {
        const Format& format = *matrix.format;
        const Layout& layout = *matrix.layout;
        uint8_t scale[sizeof(float)] = {};
        const uint64_t scale_bytes = stored_scale_bytes(matrix);
        if (row >= 0) memcpy(scale, scale_place(format, from, row, group), scale_bytes);
        if (layout.group_scale != Stored::kAbsent) {
            copy_scale(layout.group_scale, scale,
                       panel + places.group_scale + static_cast<uint64_t>(group) * places.group_scale_step +
                           static_cast<uint64_t>(column) * scale_bytes,
                       scale_bytes, 1.0f / 16);
        }
        if (format.has_zeros) {
            store_float(panel + places.zero + static_cast<uint64_t>(group) * places.codes_step +
                            static_cast<uint64_t>(column) * sizeof(float),
                        row < 0 ? 0.0f : from.zeros[row * from.zeros_stride + group]);
        }
        const int64_t values = group_values(matrix);
        const int64_t piece_bytes = matrix.columns() * kPiece * format.bits / 8;
        uint8_t* codes_out =
            panel + places.codes + static_cast<uint64_t>(group) * places.codes_step + column * layout.order.run;
        for (int64_t k = group * values; k < (group + 1) * values; k += kPiece, codes_out += piece_bytes) {
            uint8_t codes[kPiece];
            if (row < 0) {
                memset(codes, zero_code(format.bits), sizeof codes);
            } else {
                read_codes(format, from.weights + row * from.stride_bytes, k, from.k, codes);
            }
            layout.order.pack(codes, codes_out, matrix.columns(), layout.flip);
            if (layout.sum == Sum::kNone) continue;
            const int32_t piece_sum = sum_of(format, codes);
            sum += piece_sum;
            if (layout.sum == Sum::kRowSum) {
                uint16_t bits;
                memcpy(&bits, scale, sizeof bits);
                row_sum = row_sum + static_cast<float>(piece_sum) * bf16_to_float(bits);
            }
        }
    }

    void pack_end(float* tail) {
        const Layout& layout = *matrix.layout;
        const uint64_t place = static_cast<uint64_t>(column) * sizeof(float);
        if (layout.sum == Sum::kRowSum) {
            // Infinite parts of opposite sign: which NaN comes out depends on the processor, the blob does not.
            store_float(panel + places.sum + place, is_nan(row_sum) ? bits_to_float(kQuietNan) : row_sum);
        } else if (layout.sum != Sum::kNone) {
            const int32_t stored = layout.sum == Sum::kInt32Times16 ? 16 * sum : sum;
            memcpy(panel + places.sum + place, &stored, sizeof stored);
        }
        uint8_t scale[sizeof(float)] = {};
        if (layout.channel_scale != Stored::kAbsent) {
            if (row >= 0) memcpy(scale, scale_place(*matrix.format, from, row, 0), sizeof scale);
            if (layout.channel_scale == Stored::kNeutral) {
                store_float(panel + places.channel_scale + place, 1.0f);
            } else {
                copy_scale(layout.channel_scale, scale, panel + places.channel_scale + place, sizeof scale, 1.0f / 16);
            }
        }
        const float bias = row >= 0 && from.bias != nullptr ? from.bias[row] : 0.0f;
        if (layout.bias != Stored::kAbsent) {
            store_float(panel + places.bias + place, layout.bias == Stored::kNeutral ? -0.0f : bias);
        }
        if (matrix.tail_scale()) {
            *tail = load_float(scale);
            tail += matrix.padded_n();
        }
        if (matrix.tail_bias()) *tail = bias;
    }
};

}  // namespace

int64_t group_values(const PackedMatrix& matrix) {
    if (matrix.format->id == KS_FORMAT_Q4_0) return kQ4BlockValues;
    return matrix.format->grouped ? matrix.group : padded_k(matrix);
}

int64_t groups_of(const PackedMatrix& matrix) { return padded_k(matrix) / group_values(matrix); }

uint64_t group_bytes(const PackedMatrix& matrix) {
    const uint64_t codes = static_cast<uint64_t>(group_values(matrix)) * static_cast<uint64_t>(matrix.format->bits) / 8;
    const uint64_t scale = matrix.layout->group_scale != Stored::kAbsent ? stored_scale_bytes(matrix) : 0;
    const uint64_t zero = matrix.format->has_zeros ? sizeof(float) : 0;
    return static_cast<uint64_t>(matrix.columns()) * (codes + scale + zero);
}

uint64_t end_bytes(const PackedMatrix& matrix) {
    const Layout& layout = *matrix.layout;
    const uint64_t numbers = static_cast<uint64_t>(layout.sum != Sum::kNone) +
                             (layout.channel_scale != Stored::kAbsent) + (layout.bias != Stored::kAbsent);
    return static_cast<uint64_t>(matrix.columns()) * numbers * sizeof(float);
}

void pack_code_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels) {
    const int64_t width = matrix.columns();
    const PanelPlaces places(matrix);
    float* tail = reinterpret_cast<float*>(panels + static_cast<uint64_t>(matrix.panels()) * matrix.panel_bytes());
    for (int64_t column = 0; column < width; ++column) {
        int64_t row = index * width + column;
        float* column_tail = tail + row;
        if (row >= matrix.n) row = matrix.layout->padding == Padding::kRepeatLastColumn ? matrix.n - 1 : -1;
        ColumnPacker packer = {matrix, from, places, panels + static_cast<uint64_t>(index) * matrix.panel_bytes(),
                               column, row};
        for (int64_t group = 0; group < groups_of(matrix); ++group) packer.pack_group(group);
        packer.pack_end(column_tail);
    }
}

void unpack_code_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to) {
    const Format& format = *matrix.format;
    const Layout& layout = *matrix.layout;
    const int64_t width = matrix.columns();
    const PanelPlaces places(matrix);
    const uint64_t scale_bytes = stored_scale_bytes(matrix);
    const int64_t values = group_values(matrix);
    const int64_t piece_bytes = width * kPiece * format.bits / 8;
    const uint8_t* panel = panels + static_cast<uint64_t>(index) * matrix.panel_bytes();
    const uint8_t* tail = panels + static_cast<uint64_t>(matrix.panels()) * matrix.panel_bytes();
    for (int64_t column = 0; column < width && index * width + column < matrix.n; ++column) {
        const int64_t row = index * width + column;
        for (int64_t group = 0; group < groups_of(matrix); ++group) {
            const uint8_t* in = panel + static_cast<uint64_t>(group) * places.codes_step;
            if (layout.group_scale != Stored::kAbsent) {
                copy_scale(layout.group_scale,
                           panel + places.group_scale + static_cast<uint64_t>(group) * places.group_scale_step +
                               static_cast<uint64_t>(column) * scale_bytes,
                           scale_place(format, to, row, group), scale_bytes, 16.0f);
            }
            if (format.has_zeros) {
                to.zeros[row * to.zeros_stride + group] =
                    load_float(in + places.zero + static_cast<uint64_t>(column) * sizeof(float));
            }
            const uint8_t* codes_in = in + places.codes + column * layout.order.run;
            for (int64_t k = group * values; k < (group + 1) * values; k += kPiece, codes_in += piece_bytes) {
                uint8_t codes[kPiece];
                layout.order.unpack(codes_in, codes, width, layout.flip);
                write_codes(format, codes, k, to.k, to.weights + row * to.stride_bytes);
            }
        }
        if (layout.channel_scale != Stored::kAbsent) {
            const uint8_t* scale = matrix.tail_scale()
                                       ? tail + static_cast<uint64_t>(row) * sizeof(float)
                                       : panel + places.channel_scale + static_cast<uint64_t>(column) * sizeof(float);
            copy_scale(layout.channel_scale, scale, scale_place(format, to, row, 0), sizeof(float), 16.0f);
        }
        if (to.bias != nullptr) to.bias[row] = load_float(panels + matrix.bias_offset(row));
    }
}

}  // namespace ks
