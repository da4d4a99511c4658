;; A node that gives back, as the memory of what `process` returns, the very bytes it was given as data: whatever stands in them
;; is what a guest could return. `$give` is an emission of nothing, or `ok` without a value.
(module
  (memory (export "memory") 32)
  ;; All that it is given is put at one place: of a packet of bytes only the data is not empty.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
  (func $give (result i32) i32.const 64)
  (func (export "remotemedia:node/processor@1.0.0#init") (param i32 i32) (result i32) call $give)
  (func (export "remotemedia:node/processor@1.0.0#process")
    (param i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    local.get 12)
  (func (export "remotemedia:node/processor@1.0.0#pull") (param i32) (result i32) call $give)
  (func (export "remotemedia:node/processor@1.0.0#flush") (result i32) call $give)
  (func (export "remotemedia:node/processor@1.0.0#snapshot") (result i32) call $give)
  (func (export "remotemedia:node/processor@1.0.0#restore") (param i32 i32) (result i32) call $give)
  (func (export "remotemedia:node/processor@1.0.0#set-param") (param i32 i32 i32 i32) (result i32) call $give)
  (func (export "remotemedia:node/processor@1.0.0#close")))
