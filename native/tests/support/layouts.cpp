// SPDX-License-Identifier: Apache-2.0
#include "support/layouts.h"

#include <algorithm>

#include "support/reference.h"

namespace ks_test {

const std::vector<LayoutSpec> kLayouts = {
    {KS_LAYOUT_F32_N16, KS_FORMAT_F32, 16, 0, 0, 1, 0, 0, false, "bw", "", ""},
    {KS_LAYOUT_F32_SVE, KS_FORMAT_F32, 0, 1, 0, 1, 0, 0, false, "bw", "", ""},
    {KS_LAYOUT_F32_SME, KS_FORMAT_F32, 0, 2, 0, 1, 0, 0, false, "bw", "", ""},
    {KS_LAYOUT_F16_N16, KS_FORMAT_F16, 16, 0, 0, 1, 0, 0, false, "bw", "", ""},
    {KS_LAYOUT_F16_N32, KS_FORMAT_F16, 32, 0, 0, 1, 0, 0, false, "hw", "", "b"},
    {KS_LAYOUT_BF16_N12K4, KS_FORMAT_BF16, 12, 0, 0, 4, 0, 0, false, "bw", "", ""},
    {KS_LAYOUT_BF16_N16, KS_FORMAT_BF16, 16, 0, 0, 1, 0, 0, false, "bw", "", ""},
    {KS_LAYOUT_INT4_N32K4, KS_FORMAT_INT4_GROUP, 32, 0, 32, 4, 16, 0, false, "cs", "rb", ""},
    {KS_LAYOUT_INT4_NR8KR8, KS_FORMAT_INT4_GROUP, 8, 0, 32, 4, 16, 8, true, "cs", "rb", ""},
    {KS_LAYOUT_INT4_NR8KR16, KS_FORMAT_INT4_GROUP, 8, 0, 32, 8, 16, 8, true, "cs", "rb", ""},
    {KS_LAYOUT_INT4_SME2, KS_FORMAT_INT4_GROUP, 0, 1, 4, 2, 1, 8, true, "cs", "r-", "b"},
    {KS_LAYOUT_INT4_CHANNEL_N32K4, KS_FORMAT_INT4_CHANNEL, 32, 0, 32, 4, 16, 0, false, "c", "isb", ""},
    {KS_LAYOUT_INT4_CHANNEL_NR4KR8, KS_FORMAT_INT4_CHANNEL, 4, 0, 32, 4, 16, 8, true, "c", "ISb", ""},
    {KS_LAYOUT_INT4_CHANNEL_NR8KR16, KS_FORMAT_INT4_CHANNEL, 8, 0, 32, 8, 16, 8, true, "c", "ISb", ""},
    {KS_LAYOUT_INT4_CHANNEL_SME, KS_FORMAT_INT4_CHANNEL, 0, 1, 32, 4, 16, 8, true, "c", "I1-", "sb"},
    {KS_LAYOUT_INT4_CHANNEL_SME2, KS_FORMAT_INT4_CHANNEL, 0, 1, 4, 2, 1, 8, false, "c", "i1-", "sb"},
    {KS_LAYOUT_INT8_CHANNEL_N32K4, KS_FORMAT_INT8_CHANNEL, 32, 0, 4, 4, 1, 0, false, "c", "isb", ""},
    {KS_LAYOUT_INT8_CHANNEL_NR4KR4, KS_FORMAT_INT8_CHANNEL, 4, 0, 4, 4, 1, 0, true, "c", "isb", ""},
    {KS_LAYOUT_INT8_CHANNEL_NR4KR8, KS_FORMAT_INT8_CHANNEL, 4, 0, 8, 8, 1, 0, true, "c", "isb", ""},
    {KS_LAYOUT_INT8_CHANNEL_NR8KR8, KS_FORMAT_INT8_CHANNEL, 8, 0, 8, 8, 1, 0, true, "c", "isb", ""},
    {KS_LAYOUT_INT8_CHANNEL_SME, KS_FORMAT_INT8_CHANNEL, 0, 1, 4, 4, 1, 0, true, "c", "i1-", "sb"},
    {KS_LAYOUT_INT2_CHANNEL_N32K4, KS_FORMAT_INT2_CHANNEL, 32, 0, 16, 4, 4, 0, false, "c", "isb", ""},
    {KS_LAYOUT_INT2_CHANNEL_NR4KR4, KS_FORMAT_INT2_CHANNEL, 4, 0, 16, 4, 4, 0, false, "c", "i1-", "sb"},
    {KS_LAYOUT_INT2_CHANNEL_SME2, KS_FORMAT_INT2_CHANNEL, 0, 1, 4, 1, 1, 0, true, "c", "i1-", "sb"},
    {KS_LAYOUT_Q4_0_N32K4, KS_FORMAT_Q4_0, 32, 0, 32, 4, 16, 0, false, "cs", "b", ""},
    {KS_LAYOUT_Q4_0_NR4KR8, KS_FORMAT_Q4_0, 4, 0, 32, 4, 16, 8, true, "sc", "", "b"},
    {KS_LAYOUT_Q4_0_NR4KR16, KS_FORMAT_Q4_0, 4, 0, 32, 8, 16, 8, true, "sc", "", "b"},
    {KS_LAYOUT_Q4_0_NR8KR16, KS_FORMAT_Q4_0, 8, 0, 32, 8, 16, 8, true, "sc", "", "b"},
    {KS_LAYOUT_Q4_0_SME, KS_FORMAT_Q4_0, 0, 1, 8, 4, 4, 8, true, "c", "g", "b"},
    {KS_LAYOUT_Q4_0_SME2, KS_FORMAT_Q4_0, 0, 1, 4, 2, 1, 0, true, "c", "g", "b"},
    {KS_LAYOUT_INT4_ASYMMETRIC_N32K4, KS_FORMAT_INT4_ASYMMETRIC, 32, 0, 32, 4, 16, 0, false, "czS", "b", ""},
    {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, KS_FORMAT_INT4_ASYMMETRIC, 4, 0, 32, 4, 16, 8, true, "czS", "b", ""},
    {KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, KS_FORMAT_INT4_ASYMMETRIC, 4, 0, 32, 8, 16, 8, true, "czS", "b", ""},
    {KS_LAYOUT_INT4_ASYMMETRIC_SME2, KS_FORMAT_INT4_ASYMMETRIC, 0, 1, 4, 2, 1, 0, true, "czs", "b", ""},
};

const LayoutSpec& layout_spec(int32_t layout) {
    return *std::find_if(kLayouts.begin(), kLayouts.end(), [=](const LayoutSpec& s) { return s.layout == layout; });
}

std::vector<int32_t> vector_lengths(const LayoutSpec& spec) {
    return spec.nr != 0 ? std::vector<int32_t>{0} : std::vector<int32_t>{16, 32, 64, 128, 256};
}

int64_t columns_of(const LayoutSpec& spec, int32_t vector_bytes) {
    return spec.nr != 0 ? spec.nr : vector_bytes / spec.divisor;
}

namespace {

class Formula {
  public:
    Formula(const Matrix& matrix, const LayoutSpec& spec, int32_t vector_bytes)
        : matrix_(matrix), spec_(spec), nr_(columns_of(spec, vector_bytes)) {}

    std::vector<uint8_t> bytes() {
        const int64_t padded_n = (matrix_.n + nr_ - 1) / nr_ * nr_;
        for (int64_t first = 0; first < padded_n; first += nr_) {
            panel(first);
        }
        for (const char* part = spec_.after_panels; *part != 0; ++part) numbers(*part, 0, padded_n, 0);
        return bytes_;
    }

  private:
    template <typename T>
    void append(T value) {
        const uint8_t* raw = reinterpret_cast<const uint8_t*>(&value);
        bytes_.insert(bytes_.end(), raw, raw + sizeof value);
    }

    // The row of the matrix that a column shows, or -1 for padding of zeros.
    int64_t source(int64_t column) const { return column < matrix_.n ? column : spec_.repeats ? matrix_.n - 1 : -1; }

    void floats(int64_t first) {
        const int64_t element = matrix_.row_bytes() / matrix_.k;
        for (int64_t begin = 0; begin < matrix_.k; begin += spec_.run) {
            for (int64_t c = first; c < first + nr_; ++c) {
                for (int64_t i = begin * element; i < (begin + spec_.run) * element; ++i) {
                    append(source(c) < 0 || i >= matrix_.row_bytes() ? uint8_t{0} : matrix_.row(source(c))[i]);
                }
            }
        }
    }

    int64_t groups() const {
        if (is_grouped(matrix_.format)) return matrix_.k / matrix_.group;
        return matrix_.format == KS_FORMAT_Q4_0 ? matrix_.k / 32 : 1;
    }

    void panel(int64_t first) {
        const int64_t values = (matrix_.k + 31) / 32 * 32 / groups();
        for (int64_t g = 0; g < groups(); ++g) {
            for (const char* part = spec_.each_group; *part != 0; ++part) {
                if (*part == 'w') {
                    floats(first);
                } else if (*part == 'c') {
                    codes(first, g * values, (g + 1) * values);
                } else {
                    numbers(*part, first, nr_, g);
                }
            }
        }
        for (const char* part = spec_.after_groups; *part != 0; ++part) numbers(*part, first, nr_, 0);
    }

    int code(int64_t column, int64_t k) const {
        const int64_t row = source(column);
        return (row < 0 || k >= matrix_.k ? matrix_.code_of_zero() : matrix_.code(row, k)) ^ spec_.flip;
    }

    void codes(int64_t first, int64_t begin, int64_t end) {
        const int bits = bits_of_code(matrix_.format);
        const int per_byte = 8 / bits;
        const int step = spec_.distance;
        for (int64_t piece = begin; piece < end; piece += spec_.piece) {
            for (int run = 0; run < spec_.piece / per_byte; run += spec_.run) {
                for (int64_t c = 0; c < nr_; ++c) {
                    for (int b = run; b < run + spec_.run; ++b) {
                        int byte = 0;
                        for (int i = 0; i < per_byte; ++i) {
                            byte |= code(first + c, piece + (step == 1 ? b * per_byte : b) + i * step) << (i * bits);
                        }
                        append(static_cast<uint8_t>(byte));
                    }
                }
            }
        }
    }

    void numbers(char part, int64_t first, int64_t count, int64_t group) {
        if (part == 'g') {
            for (int64_t g = 0; g < groups(); ++g) numbers('s', first, count, g);
            return;
        }
        for (int64_t c = first; c < first + count; ++c) number(part, source(c), group);
    }

    void number(char part, int64_t row, int64_t group) {
        const bool padding = row < 0;
        int sum = 0;
        switch (part) {
            case 's':
                for (size_t i = 0; i < stored_scale_bytes(); ++i) {
                    append(padding ? uint8_t{0} : matrix_.scale_place(row, group)[i]);
                }
                break;
            case 'S':
                append(padding ? 0.0f : matrix_.scale(row, group) / 16.0f);
                break;
            case 'z':
                append(padding ? 0.0f : matrix_.zero(row, group));
                break;
            case 'r':
                append(padding ? 0.0f : row_sum(matrix_, row));
                break;
            case 'i':
            case 'I':
                for (int64_t k = 0; k < matrix_.k && !padding; ++k) sum += matrix_.value(row, k);
                append(part == 'I' ? 16 * sum : sum);
                break;
            case 'b':
                append(padding ? 0.0f : matrix_.bias_at(row));
                break;
            case 'h':
                append(padding ? uint16_t{0} : uint16_t{0x8000});
                break;
            default:
                append(part == '1' ? 1.0f : -0.0f);
        }
    }

    size_t stored_scale_bytes() const { return matrix_.format == KS_FORMAT_Q4_0 ? 2 : scale_bytes_of(matrix_.format); }

    const Matrix& matrix_;
    const LayoutSpec& spec_;
    const int64_t nr_;
    std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> panels_by_formula(const Matrix& matrix, const LayoutSpec& spec, int32_t vector_bytes) {
    return Formula(matrix, spec, vector_bytes).bytes();
}

}  // namespace ks_test
