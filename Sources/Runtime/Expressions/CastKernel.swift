import Functions
import Values

extension SQLType {
    /// True when CAST takes values of this type to `target`.
    public func canCast(to target: SQLType) -> Bool {
        if self == target { return true }
        switch (self, target) {
        case (.boolean, .string): return true
        case (.integer, _), (.bigint, _), (.double, _), (.decimal, _): return target.isNumeric || target == .string
        case (.string, _):
            switch target {
            case .array, .map, .structure: return false
            default: return true
            }
        case (.timestamp, .string), (.timestamp, .date), (.timestamp, .time): return true
        case (.date, .string), (.date, .timestamp), (.time, .string): return true
        case (.array(let from), .array(let to)): return from.canCast(to: to)
        case (.map(let key, let value), .map(let toKey, let toValue)):
            return key.canCast(to: toKey) && value.canCast(to: toValue)
        case (.structure(let from), .structure(let to)):
            return to.allSatisfy { field in
                from.first { $0.name == field.name }.map { $0.type.canCast(to: field.type) } ?? true
            }
        case (.array, .string), (.map, .string), (.structure, .string): return true
        default: return false
        }
    }
}

/// CAST(value AS type).
final class CastKernel: Kernel {
    private let value: Kernel
    private let source: Expression
    override var isTotal: Bool { value.isTotal && CastKernel.neverFails(value.type, type) }

    /// - Precondition: the type can be cast.
    init(_ value: Kernel, _ type: SQLType, source: Expression) {
        precondition(value.type.canCast(to: type), "the planner casts only what can be cast")
        self.value = value
        self.source = source
        super.init(type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let column = value.evaluate(frame)
        return Cast(fail: { row, reason in frame.fail(row, self.source, reason) }).column(column, to: type)
    }

    private static func neverFails(_ from: SQLType, _ to: SQLType) -> Bool {
        switch (from, to) {
        case (.integer, .bigint), (.integer, .double), (.bigint, .double), (.bigint, .integer), (.double, .integer),
            (.double, .bigint), (.decimal, .integer), (.decimal, .bigint), (.date, .timestamp), (.timestamp, .date),
            (.timestamp, .time):
            true
        default: false
        }
    }
}

/// Casts of whole columns.
struct Cast {
    /// Takes the rows that have no value in the target type; they are NULL.
    let fail: (Int, String) -> Void

    func column(_ column: Column, to type: SQLType) -> Column {
        if column.type == type { return column }
        switch (column.type, type) {
        case (_, .string): return texts(column)
        case (.string, _): return parsed(column, type)
        case (.integer, .bigint): return mapped(column, type) { (x: Int32) in Int64(x) }
        case (.integer, .double): return mapped(column, type) { (x: Int32) in Double(x) }
        case (.bigint, .integer): return mapped(column, type) { (x: Int64) in Int32(truncatingIfNeeded: x) }
        case (.bigint, .double): return mapped(column, type) { (x: Int64) in Double(x) }
        case (.double, .integer): return mapped(column, type) { (x: Double) in saturating(x, as: Int32.self) }
        case (.double, .bigint): return mapped(column, type) { (x: Double) in saturating(x, as: Int64.self) }
        case (_, .decimal) where type.isWideDecimal || column.type.isWideDecimal: return decimals(column, type)
        case (.decimal, _) where column.type.isWideDecimal: return narrowed(column, type)
        case (.decimal(_, let scale), .integer):
            return mapped(column, type) { (x: Int128) in Int32(truncatingIfNeeded: whole(x, scale)) }
        case (.decimal(_, let scale), .bigint):
            return mapped(column, type) { (x: Int128) in Int64(truncatingIfNeeded: whole(x, scale)) }
        case (.decimal(_, let scale), .double):
            return mapped(column, type) { (x: Int128) in Decimal(unscaled: x, scale: scale).doubleValue }
        case (_, .decimal(let precision, let scale)): return decimals(column, type, precision, scale)
        case (.date, .timestamp): return mapped(column, type) { (x: Int32) in Int64(x) * 86_400_000 }
        case (.timestamp, .date):
            return mapped(column, type) { (x: Int64) in Int32(truncatingIfNeeded: floored(x, 86_400_000)) }
        case (.timestamp, .time):
            return mapped(column, type) { (x: Int64) in
                let rest = x % 86_400_000
                return Int32(truncatingIfNeeded: rest < 0 ? rest + 86_400_000 : rest)
            }
        default: return nested(column, type)
        }
    }

    /// Fixed width values that may have no counterpart.
    @inline(__always)
    private func converted<T: BitwiseCopyable, R: BitwiseCopyable>(
        _ column: Column,
        _ type: SQLType,
        _ zero: R,
        _ body: (T) -> R?,
        _ reason: (T) -> String
    ) -> Column {
        let data = Buffer(capacity: column.count * MemoryLayout<R>.stride)
        let out = data.base.assumingMemoryBound(to: R.self)
        let source = column.values(as: T.self)
        var validity = column.validity
        for row in 0..<column.count {
            out[row] = zero
            if column.isNull(row) { continue }
            if let value = body(source[row]) {
                out[row] = value
            } else {
                validity = refuse(row, validity, column.validity, column.count, reason(source[row]))
            }
        }
        return Column(type: type, count: column.count, validity: validity, data: data)
    }

    /// Reports a row and clears its bit in a bitmap of its own.
    func refuse(_ row: Int, _ validity: Buffer?, _ original: Buffer?, _ count: Int, _ reason: String) -> Buffer {
        fail(row, reason)
        let bitmap: Buffer
        if let validity, validity !== original {
            bitmap = validity
        } else {
            bitmap = original.map { Bitmap.copy($0, count) } ?? Bitmap.buffer(count, allSet: true)
        }
        Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
        return bitmap
    }

    private func decimals(_ column: Column, _ type: SQLType, _ precision: Int, _ scale: Int) -> Column {
        let fit = { (unscaled: Int128, from: Int) in unscaled.fitted(from: from, precision: precision, scale: scale) }
        let zero: Int128 = 0
        let overflow = "numeric overflow: the value does not fit \(type)"
        switch column.type {
        case .integer:
            return converted(
                column,
                type,
                zero,
                { (x: Int32) in fit(Int128(x), 0) },
                { _ in overflow }
            )
        case .bigint:
            return converted(
                column,
                type,
                zero,
                { (x: Int64) in fit(Int128(x), 0) },
                { _ in overflow }
            )
        case .double:
            return converted(
                column,
                type,
                zero,
                { (x: Double) in
                    Decimal(x.description)?.fitted(precision: precision, scale: scale)?.unscaled.narrow
                },
                { _ in overflow }
            )
        default:
            let from = column.type.decimalScale
            return converted(
                column,
                type,
                zero,
                { (x: Int128) in fit(x, from) },
                { _ in overflow }
            )
        }
    }

    private func nested(_ column: Column, _ type: SQLType) -> Column {
        switch (column.type, type) {
        case (.structure(let fields), .structure(let targets)):
            let children = targets.map { target in
                guard let index = fields.firstIndex(where: { $0.name == target.name }) else {
                    return Column.nulls(target.type, count: column.count)
                }
                return self.column(column.children[index], to: target.type)
            }
            return Column(type: type, count: column.count, validity: column.validity, children: children)
        default:
            // The rows of children are not rows of the frame: a bad element is reported for the row that holds it.
            let inner = Cast { element, reason in fail(column.rowHolding(element), reason) }
            return Column(
                type: type,
                count: column.count,
                validity: column.validity,
                offsets: column.offsetBuffer,
                children: zip(column.children, type.childTypes).map { inner.column($0, to: $1) }
            )
        }
    }
}

extension Column {
    /// The row of an ARRAY or MAP that holds element number `element`.
    fileprivate func rowHolding(_ element: Int) -> Int {
        let offsets = offsets
        return (0..<count).first { Int(offsets[$0 + 1]) > element } ?? 0
    }
}

@inline(__always)
private func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

@inline(__always)
private func saturating<T: FixedWidthInteger>(_ value: Double, as _: T.Type) -> T {
    if value.isNaN { return 0 }
    if value >= Double(T.max) { return .max }
    return value <= Double(T.min) ? .min : T(value)
}

/// The part before the point.
private func whole(_ unscaled: Int128, _ scale: Int) -> Int128 {
    Decimal.powerOfTen(scale).map { unscaled / $0 } ?? 0
}
