// RUN: fanfold-opt %s --verify-plan --split-input-file --verify-diagnostics

// A plan that is right says nothing: %b takes the place of %x, %c overwrites %b, and the
// variable is renewed behind its last reader.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>
plan.step @train {
  %x = plan.buffer "x" "input" at 64 : memref<16xf32>
  %w = plan.get @w : memref<16xf32>
  %a = plan.buffer "a" "activation" at 128 : memref<16xf32>
  plan.launch "copy"(%x, %w) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32>, memref<16xf32> -> (memref<16xf32>)
  %b = plan.buffer "b" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%a) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %c = plan.buffer "c" "metric" at 64 in_place_of "b" : memref<16xf32>
  plan.launch "copy"(%b) -> (%c) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %new = plan.get @w : memref<16xf32>
  plan.launch "copy"(%c) -> (%new) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  plan.output %c as "c" : memref<16xf32>
}

// -----

// expected-error@+1 {{found 0 arenas, expected one plan.arena}}
module {
}

// -----

// expected-error@+1 {{found 2 arenas, expected one plan.arena}}
module {
plan.arena "m" {batch = 4 : i64, bytes = 64 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.arena "m" {batch = 4 : i64, bytes = 64 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
}

// -----

// A value overwritten while another launch still reads it.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  // expected-note@+1 {{the value is this one}}
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %b = plan.buffer "b" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %c = plan.buffer "c" "activation" at 128 : memref<16xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%a) -> (%c) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  plan.output %b as "b" : memref<16xf32>
  plan.output %c as "c" : memref<16xf32>
}

// -----

// The same by half of the bytes.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  // expected-note@+1 {{the value is this one}}
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %b = plan.buffer "b" "activation" at 96 : memref<16xf32>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %c = plan.buffer "c" "activation" at 192 : memref<16xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%a) -> (%c) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  plan.output %c as "c" : memref<16xf32>
}

// -----

// A value read before it is made.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-note@+1 {{the value is this one}}
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  %b = plan.buffer "b" "activation" at 0 : memref<16xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%a) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
}

// -----

// An output overwritten before the runtime reads it.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  // expected-note@+1 {{the value is this one}}
  %a = plan.buffer "a" "metric" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %b = plan.buffer "b" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.output %a as "a" : memref<16xf32>
}

// -----

// Through a view.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  // expected-note@+1 {{the value is this one}}
  %v = plan.view %a : memref<16xf32> to memref<4x4xf32>
  %b = plan.buffer "b" "activation" at 64 : memref<16xf32>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %c = plan.buffer "c" "activation" at 128 : memref<16xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%v) -> (%c) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<16xf32>)
  plan.output %c as "c" : memref<16xf32>
}

// -----

// A launch that writes over its input without saying so.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 0 : memref<16xf32>
  // expected-error@+1 {{writes over one of its inputs}}
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  plan.output %a as "a" : memref<16xf32>
}

// -----

// In place, but not at the same bytes.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 32 in_place_of "x" : memref<16xf32>
  // expected-error@+1 {{writes over one of its inputs}}
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  plan.output %a as "a" : memref<16xf32>
}

// -----

// Two results at the same bytes.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  %b = plan.buffer "b" "activation" at 96 : memref<16xf32>
  // expected-error@+1 {{writes two values to the same bytes}}
  plan.launch "copy"(%x) -> (%a, %b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>, memref<16xf32>)
  plan.output %a as "a" : memref<16xf32>
}

// -----

// A workspace at the bytes of the result.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  %s = plan.buffer "s" "workspace" at 64 : memref<16xf32>
  // expected-error@+1 {{writes two values to the same bytes}}
  plan.launch "copy"(%x) -> (%a) workspace(%s) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>), memref<16xf32>
  plan.output %a as "a" : memref<16xf32>
}

// -----

// A workspace at the bytes of an input.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  %s = plan.buffer "s" "workspace" at 0 : memref<16xf32>
  // expected-error@+1 {{writes over one of its inputs}}
  plan.launch "copy"(%x) -> (%a) workspace(%s) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>), memref<16xf32>
  plan.output %a as "a" : memref<16xf32>
}

// -----

// A workspace at the bytes of a value that is read later.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-note@+1 {{the value is this one}}
  %y = plan.buffer "y" "input" at 128 : memref<16xf32>
  %x = plan.buffer "x" "input" at 0 : memref<16xf32>
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
  %s = plan.buffer "s" "workspace" at 128 : memref<16xf32>
  plan.launch "copy"(%x) -> (%a) workspace(%s) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>), memref<16xf32>
  %b = plan.buffer "b" "activation" at 192 : memref<16xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%y) -> (%b) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  plan.output %b as "b" : memref<16xf32>
}

// -----

// Outside of the arena.
plan.arena "m" {batch = 4 : i64, bytes = 100 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-error@+1 {{lies outside of the arena of 100 bytes}}
  %x = plan.buffer "x" "input" at 64 : memref<16xf32>
}

// -----

// Before the arena.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-error@+1 {{lies outside of the arena of 256 bytes}}
  %x = plan.buffer "x" "input" at -64 : memref<16xf32>
}

// -----

// Two inputs at the same bytes.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-note@+1 {{the other value is this one}}
  %x = plan.buffer "x" "input" at 64 : memref<16xf32>
  // expected-error@+1 {{shares bytes with another value that is there when the step begins}}
  %y = plan.buffer "y" "input" at 96 : memref<16xf32>
}

// -----

// An unknown variable.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-error@+1 {{reads the unknown variable @w}}
  %w = plan.get @w : memref<16xf32>
}

// -----

// A variable under another type.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>
plan.step @train {
  // expected-error@+1 {{is of 'memref<32xf32>', expected 'memref<16xf32>'}}
  %w = plan.get @w : memref<32xf32>
}

// -----

// A buffer of the step among the variables.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>
plan.variable @v "parameter" at 128 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>
plan.step @train {
  %w = plan.get @w : memref<16xf32>
  // expected-error@+1 {{lies among the variables}}
  %a = plan.buffer "a" "activation" at 64 : memref<16xf32>
}

// -----

// Two variables at the same bytes.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>
// expected-error@+1 {{shares bytes with another variable or slot}}
plan.variable @v "parameter" at 32 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>

// -----

// A staging slot at the bytes of another.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
// expected-error@+1 {{shares bytes with another variable or slot}}
plan.staging "x" at [0, 32] : memref<16xf32>

// -----

// A variable outside of the arena that no step reads.
plan.arena "m" {batch = 4 : i64, bytes = 64 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
// expected-error@+1 {{lies outside of the arena of 64 bytes}}
plan.variable @w "parameter" at 64 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>

// -----

// The new value of a variable overwritten before the end.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.variable @w "parameter" at 0 init {a = 0.0 : f64, b = 0.0 : f64, kind = "fill"} : memref<16xf32>
plan.step @train {
  %x = plan.buffer "x" "input" at 64 : memref<16xf32>
  // expected-note@+2 {{the value is this one}}
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  %new = plan.get @w : memref<16xf32>
  plan.launch "copy"(%x) -> (%new) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
  %again = plan.get @w : memref<16xf32>
  plan.launch "copy"(%x) -> (%again) {} {flops = 0.0 : f64} : memref<16xf32> -> (memref<16xf32>)
}

// -----

// An offset that would overflow.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  // expected-error@+1 {{lies outside of the arena of 256 bytes}}
  %x = plan.buffer "x" "input" at 9223372036854775800 : memref<16xf32>
}

// -----

// Parts of one buffer: each is written by its launch, in any order, while the others are read;
// the whole is there when all of them are.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<4x2xf32>
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1], offset: 2>>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<4x2xf32> -> (memref<4x2xf32, strided<[4, 1], offset: 2>>)
  %a = plan.part %w "a" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
  plan.launch "copy"(%b) -> (%a) {} {flops = 0.0 : f64} : memref<4x2xf32, strided<[4, 1], offset: 2>> -> (memref<4x2xf32, strided<[4, 1]>>)
  %y = plan.buffer "y" "activation" at 128 : memref<4x4xf32>
  plan.launch "copy"(%w) -> (%y) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>)
  %z = plan.buffer "z" "activation" at 64 in_place_of "w" : memref<4x4xf32>
  plan.launch "copy"(%w) -> (%z) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>)
}

// -----

// The whole before one of its parts is made.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<4x2xf32>
  // expected-note@+1 {{the value is this one}}
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1], offset: 2>>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<4x2xf32> -> (memref<4x2xf32, strided<[4, 1], offset: 2>>)
  %y = plan.buffer "y" "activation" at 128 : memref<4x4xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%w) -> (%y) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>)
}

// -----

// A part that was overwritten with the whole.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %w = plan.buffer "w" "input" at 64 : memref<4x4xf32>
  // expected-note@+1 {{the value is this one}}
  %a = plan.part %w "a" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
  %z = plan.buffer "z" "activation" at 64 in_place_of "w" : memref<4x4xf32>
  plan.launch "copy"(%w) -> (%z) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>)
  %y = plan.buffer "y" "activation" at 128 : memref<4x2xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%a) -> (%y) {} {flops = 0.0 : f64} : memref<4x2xf32, strided<[4, 1]>> -> (memref<4x2xf32>)
}

// -----

// Two parts of the same channels.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<4x2xf32>
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %a = plan.part %w "a" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1], offset: 1>>
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<4x2xf32> -> (memref<4x2xf32, strided<[4, 1]>>)
  // expected-error@+1 {{writes over another part of the same buffer}}
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<4x2xf32> -> (memref<4x2xf32, strided<[4, 1], offset: 1>>)
}

// -----

// A launch that reads what it writes, in another place.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %w = plan.buffer "w" "input" at 64 : memref<4x4xf32>
  %a = plan.part %w "a" : memref<4x4xf32> to memref<4x3xf32, strided<[4, 1]>>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<4x3xf32, strided<[4, 1], offset: 1>>
  // expected-error@+1 {{writes over one of its inputs}}
  plan.launch "copy"(%a) -> (%b) {} {flops = 0.0 : f64} : memref<4x3xf32, strided<[4, 1]>> -> (memref<4x3xf32, strided<[4, 1], offset: 1>>)
}

// -----

// Two results of one launch on the same channels.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<4x2xf32>
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %a = plan.part %w "a" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1], offset: 1>>
  // expected-error@+1 {{writes two values to the same bytes}}
  plan.launch "copy"(%x) -> (%a, %b) {} {flops = 0.0 : f64} : memref<4x2xf32> -> (memref<4x2xf32, strided<[4, 1]>>, memref<4x2xf32, strided<[4, 1], offset: 1>>)
}

// -----

// A part of the rows that a view has.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<2x2xf32>
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %v = plan.view %w : memref<4x4xf32> to memref<2x8xf32>
  %a = plan.part %v "a" : memref<2x8xf32> to memref<2x2xf32, strided<[8, 1]>>
  // expected-error@+1 {{writes a part of rows that its buffer does not have}}
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<2x2xf32> -> (memref<2x2xf32, strided<[8, 1]>>)
}

// -----

// Parts one behind the other: the whole is there when all of them are.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<2x4xf32>
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1], offset: 8>>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<2x4xf32> -> (memref<2x4xf32, strided<[4, 1], offset: 8>>)
  %a = plan.part %w "a" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>>
  plan.launch "copy"(%b) -> (%a) {} {flops = 0.0 : f64} : memref<2x4xf32, strided<[4, 1], offset: 8>> -> (memref<2x4xf32, strided<[4, 1]>>)
  %y = plan.buffer "y" "activation" at 128 : memref<4x4xf32>
  plan.launch "copy"(%w) -> (%y) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>)
}

// -----

// The whole before all of what is stacked is made.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<3x4xf32>
  // expected-note@+1 {{the value is this one}}
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<3x4xf32, strided<[4, 1], offset: 4>>
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<3x4xf32> -> (memref<3x4xf32, strided<[4, 1], offset: 4>>)
  %y = plan.buffer "y" "activation" at 128 : memref<4x4xf32>
  // expected-error@+1 {{reads bytes that are no longer, or not yet, the value they should be}}
  plan.launch "copy"(%w) -> (%y) {} {flops = 0.0 : f64} : memref<4x4xf32> -> (memref<4x4xf32>)
}

// -----

// Stacked parts that share a row.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %x = plan.buffer "x" "input" at 0 : memref<2x4xf32>
  %w = plan.buffer "w" "activation" at 64 : memref<4x4xf32>
  %a = plan.part %w "a" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>>
  %b = plan.part %w "b" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1], offset: 4>>
  plan.launch "copy"(%x) -> (%a) {} {flops = 0.0 : f64} : memref<2x4xf32> -> (memref<2x4xf32, strided<[4, 1]>>)
  // expected-error@+1 {{writes over another part of the same buffer}}
  plan.launch "copy"(%x) -> (%b) {} {flops = 0.0 : f64} : memref<2x4xf32> -> (memref<2x4xf32, strided<[4, 1], offset: 4>>)
}

// -----

// A buffer that is divided along both extents.
plan.arena "m" {batch = 4 : i64, bytes = 256 : i64, lower_bound = 0 : i64, peak_launch = 0 : i64, precision = "fp32", source = "", target = "none"}
plan.step @train {
  %w = plan.buffer "w" "input" at 64 : memref<4x4xf32>
  // expected-note@+1 {{the other part is this one}}
  %a = plan.part %w "a" : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>>
  // expected-error@+1 {{divides a buffer along another extent than another part of it}}
  %b = plan.part %w "b" : memref<4x4xf32> to memref<4x2xf32, strided<[4, 1]>>
}
