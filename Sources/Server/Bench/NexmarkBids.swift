import Values

/// The bids of the Nexmark benchmark, made from their numbers alone: the same number always gives the same bid.
///
/// A bid's position in the whole event stream (1 person, 3 auctions, 46 bids in 50 events) decides which auctions and
/// people are live and what time it is; its own random numbers come from a generator seeded with that position.
struct NexmarkBids {
    /// Events (bids, auctions and people together) a second of event time.
    let rate: Int
    /// Event time of the first event, milliseconds since the epoch.
    let start: Int64

    init(rate: Int = 10_000, start: Int64 = 1_767_225_600_000) {
        self.rate = rate
        self.start = start
    }

    /// Event time of bid `number` in milliseconds.
    func time(_ number: Int) -> Int64 { start + Int64(NexmarkBids.event(number)) * 1000 / Int64(rate) }

    private static func event(_ number: Int) -> Int { number / 46 * 50 + 4 + number % 46 }

    /// Appends bid `number` as a JSON object and returns its event time.
    func append(_ number: Int, to bytes: inout [UInt8]) -> Int64 {
        let event = NexmarkBids.event(number)
        var random = SplitMix(seed: UInt64(event))
        let time = start + Int64(event) * 1000 / Int64(rate)
        let auction = NexmarkBids.auction(event, &random)
        let bidder = NexmarkBids.bidder(event, &random)
        let price = NexmarkBids.price(&random)
        bytes.append(contentsOf: #"{"auction":"#.utf8)
        bytes.append(number: auction)
        bytes.append(contentsOf: #","bidder":"#.utf8)
        bytes.append(number: bidder)
        bytes.append(contentsOf: #","price":"#.utf8)
        bytes.append(number: price)
        NexmarkBids.appendChannel(&random, to: &bytes)
        bytes.append(contentsOf: #","dateTime":"#.utf8)
        bytes.append(number: Int(time))
        bytes.append(contentsOf: #","extra":""#.utf8)
        NexmarkBids.appendExtra(&random, to: &bytes)
        bytes.append(contentsOf: #""}"#.utf8)
        return time
    }

    private static func auction(_ event: Int, _ random: inout SplitMix) -> Int {
        let (epoch, offset) = (event / 50, event % 50)
        let last = offset < 1 ? (epoch - 1) * 3 + 2 : epoch * 3 + min(offset - 1, 2)
        if random.below(2) > 0 { return last / 100 * 100 + 1000 }
        let lowest = max(last - 100, 0)
        return lowest + random.below(last - lowest + 11) + 1000
    }

    private static func bidder(_ event: Int, _ random: inout SplitMix) -> Int {
        let last = event / 50
        if random.below(4) > 0 { return last / 100 * 100 + 1 + 1000 }
        let active = min(last + 1, 1000)
        return last + 1 - active + random.below(active + 10) + 1000
    }

    /// Log-uniform from 100 to 100 000 000 cents: ten to a random power, by multiplying table entries.
    private static func price(_ random: inout SplitMix) -> Int {
        let exponent = random.below(6000)
        return Int(NexmarkBids.powers[exponent / 1000] * NexmarkBids.thousandths[exponent % 1000] * 100 + 0.5)
    }

    private static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000]
    /// Ten to the power of i/1000, built by repeated multiplication so that no platform's `pow` decides the data.
    private static let thousandths: [Double] = {
        var list: [Double] = [1]
        for _ in 1..<1000 { list.append(list[list.count - 1] * 1.002_305_238_077_899_7) }
        return list
    }()

    private static let hot: [(channel: String, url: String)] = [
        ("Google", "https://www.nexmark.com/googl/ads/hotb/item.htm?query=1"),
        ("Facebook", "https://www.nexmark.com/faceb/ads/hotb/item.htm?query=1"),
        ("Baidu", "https://www.nexmark.com/baidu/ads/hotb/item.htm?query=1"),
        ("Apple", "https://www.nexmark.com/apple/ads/hotb/item.htm?query=1"),
    ]

    private static func appendChannel(_ random: inout SplitMix, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #","channel":""#.utf8)
        if random.below(2) > 0 {
            let pick = hot[random.below(4)]
            bytes.append(contentsOf: pick.channel.utf8)
            bytes.append(contentsOf: #"","url":""#.utf8)
            bytes.append(contentsOf: pick.url.utf8)
        } else {
            let number = random.below(10_000)
            bytes.append(contentsOf: "channel-".utf8)
            bytes.append(number: number)
            bytes.append(contentsOf: #"","url":"https://www.nexmark.com"#.utf8)
            var path = SplitMix(seed: UInt64(number) | 1 << 40)
            for _ in 0..<3 {
                bytes.append(UInt8(ascii: "/"))
                for _ in 0..<(3 + path.below(2)) { bytes.append(97 + UInt8(path.below(26))) }
            }
            bytes.append(contentsOf: "/item.htm?query=1".utf8)
            if number % 10 != 0 {
                bytes.append(contentsOf: "&channel_id=".utf8)
                bytes.append(number: Int(UInt32(number).bitReversed & 0x7FFF_FFFF))
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Padding that brings the plain numbers of a bid to about 100 bytes.
    private static func appendExtra(_ random: inout SplitMix, to bytes: inout [UInt8]) {
        let length = 54 + random.below(28)
        var letters: UInt64 = 0
        for position in 0..<length {
            if position % 12 == 0 { letters = random.next() }
            bytes.append(97 + UInt8(letters % 26))
            letters /= 26
        }
    }
}

/// Sebastiano Vigna's SplitMix64: a random-access sequence, one multiplication chain a number.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` - 1.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}

extension [UInt8] {
    /// Appends a number of 0 or more in decimal.
    mutating func append(number: Int) {
        precondition(number >= 0, "only unsigned numbers are generated")
        var rest = number
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var count = 0
        Swift.withUnsafeMutableBytes(of: &digits) { text in
            repeat {
                text[count] = 48 + UInt8(rest % 10)
                rest /= 10
                count += 1
            } while rest > 0
        }
        Swift.withUnsafeBytes(of: &digits) { text in
            for index in stride(from: count - 1, through: 0, by: -1) { append(text[index]) }
        }
    }
}

extension UInt32 {
    /// The 32 bits in the opposite order.
    var bitReversed: UInt32 {
        var value = byteSwapped
        value = (value >> 4) & 0x0F0F_0F0F | (value & 0x0F0F_0F0F) << 4
        value = (value >> 2) & 0x3333_3333 | (value & 0x3333_3333) << 2
        return (value >> 1) & 0x5555_5555 | (value & 0x5555_5555) << 1
    }
}
