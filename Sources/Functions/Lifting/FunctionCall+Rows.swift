import Values

extension FunctionCall {
    /// The rows in which no argument that must not be NULL is: a bitmap, nil for all rows.
    func present(seesNull: [Bool]) -> Buffer? {
        var bitmap: Buffer?
        for (argument, sees) in zip(arguments, seesNull) where !sees && argument.column.validity != nil {
            if argument.isConstant {
                if argument.isNull(0) { return Bitmap.buffer(count, allSet: false) }
            } else {
                bitmap = Bitmap.and(bitmap, argument.column.validity, count: count)
            }
        }
        return bitmap
    }

    /// A column with what `body` returns for each row whose arguments are there.
    @inline(__always)
    func rows<R: FunctionOutput>(_: R.Type, seesNull: [Bool], _ body: (Int) throws -> R?) -> Column {
        var writer = R.Writer(rows: count, type: result)
        let present = present(seesNull: seesNull)
        let words = present?.base.assumingMemoryBound(to: UInt64.self)
        for row in 0..<count {
            if let words, !Bitmap.get(words, row) {
                writer.appendNull()
                continue
            }
            do {
                if let value = try body(row) { try writer.append(value) } else { writer.appendNull() }
            } catch {
                site.fail(row, "\(error)")
                writer.appendNull()
            }
        }
        return writer.finish()
    }

    /// A STRING or BYTES column with what `body` writes for each row whose arguments are there.
    @inline(__always)
    func texts(seesNull: [Bool], _ body: (Int, inout ByteWriter) throws -> Bool) -> Column {
        var text = TextBuilder(rows: count, type: result)
        let present = present(seesNull: seesNull)
        let words = present?.base.assumingMemoryBound(to: UInt64.self)
        for row in 0..<count {
            if let words, !Bitmap.get(words, row) {
                text.endNull()
                continue
            }
            text.beginBoundedRow()
            do {
                let isThere = try body(row, &text.bytes)
                if text.bytes.isFull { throw FunctionError("the text is too long") }
                if isThere { text.endRow() } else { text.endNull() }
            } catch {
                site.fail(row, "\(error)")
                text.endNull()
            }
        }
        return text.finish()
    }
}
