// SPDX-License-Identifier: Apache-2.0
// Panels of floats and panels of codes.
#pragma once

#include "layout/layout.h"

namespace ks {

void pack_float_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels);
void unpack_float_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to);
uint64_t float_panel_bytes(const PackedMatrix& matrix);

void pack_code_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels);
void unpack_code_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to);

// Values of k that stand together with what belongs to their group; a channel is one group, rounded up to pieces.
int64_t group_values(const PackedMatrix& matrix);
int64_t groups_of(const PackedMatrix& matrix);
// Bytes of one group of a panel: codes, and scales and zeros where they stand there.
uint64_t group_bytes(const PackedMatrix& matrix);
// Bytes of a panel after its groups.
uint64_t end_bytes(const PackedMatrix& matrix);

}  // namespace ks
