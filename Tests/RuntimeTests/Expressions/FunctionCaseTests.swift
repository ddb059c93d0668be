import Testing
import Values

/// The corners of functions: signs, ends, NULLs and characters beyond ASCII.
@Suite struct FunctionCaseTests {
    @Test(arguments: [
        ("ROUND(-1.5E0)", "-1"), ("ROUND(-2.5E0)", "-2"), ("ROUND(12345.678E0, -2)", "12300.0"),
        ("ROUND(1.0E20)", "9223372036854775807"),
        ("ROUND(-1.55, 1)", "-1.50"), ("TRUNC(-1.55, 1)", "-1.50"), ("CEIL(-1.55)", "-1.00"), ("FLOOR(-1.55)", "-2.00"),
        ("LOG(0, 5)", "nan"), ("LOG(10, 1000)", "3.0"), ("SIGN(-0.5E0)", "-1"),
        ("ABS(-9223372036854775808)", "-9223372036854775808"),
        ("GREATEST('b', 'a', NULL)", "'b'"), ("LEAST(1.5, 2, 1.25)", "1.25"),
        ("UCASE('éa')", "'ÉA'"), ("INITCAP('élan VITAL')", "'Élan Vital'"), ("LEN('a😀')", "3"), ("LEN('')", "0"),
        ("SUBSTRING('héllo', 2, 3)", "'éll'"), ("SUBSTRING('héllo', -4)", "'éllo'"), ("SUBSTRING('abc', 0)", "'abc'"),
        ("SUBSTRING('abc', 5)", "''"), ("SUBSTRING('abc', -9, 2)", "'ab'"), ("SUBSTRING('abc', 2, -1)", "''"),
        ("REPLACE('aaa', 'aa', 'b')", "'ba'"), ("REPLACE('ab', '', '-')", "'-a-b-'"),
        ("REPLACE('abc', 'b', '')", "'ac'"),
        ("LEN('a,b,c') ", "5"), ("INSTR('abc', 'd')", "0"), ("INSTR('corporate floor', 'or', -4, 2)", "2"),
        ("INSTR('éor', 'or')", "2"), ("INSTR(NULL, 'or')", "0"), ("INSTR('short', 'or', -4)", "0"),
        ("INSTR('aaa', 'aa', 1, 2)", "2"),
        ("LPAD('foo', 7, 'Bar')", "'BarBfoo'"), ("LPAD('foo', 2, 'x')", "'fo'"), ("LPAD('foo', -1, 'x')", "NULL"),
        ("LPAD('foo', 5, '')", "NULL"), ("RPAD('', 4, 'ab')", "'abab'"), ("LPAD('é', 3, 'à')", "'ààé'"),
        ("SPLIT('..a..', '.')", "ARRAY['', '', 'a', '', '']"), ("SPLIT('', '.')", "ARRAY['']"),
        ("SPLIT('aé', '')", "ARRAY['a', 'é']"),
        ("CONCAT_WS(NULL, 'a', 'b')", "NULL"), ("CONCAT_WS(',', 'a', '', 'b')", "'a,,b'"),
        ("CHR(-1)", "NULL"), ("CHR(99000)", "'\u{182B8}'"), ("CHR('\\u597d')", "'好'"), ("CHR('75')", "NULL"),
        ("FIELD(NULL, 'a')", "0"), ("ELT(3, 'a', 'b')", "NULL"), ("ELT(0, 'a')", "NULL"),
        ("TRIM('\u{9} \u{1F}x ')", "'x'"),
        ("MD5('')", "'d41d8cd98f00b204e9800998ecf8427e'"), ("MASK(NULL, 'X', 'x', 'n', '-')", "NULL"),
        ("IFNULL(1, 2)", "1"), ("NULLIF('a', 'a')", "NULL"), ("NULLIF(NULL, 'a')", "NULL"),
        ("SPLIT('', '')", "ARRAY['']"), ("JSON_ARRAY_CONTAINS('[1, null]', NULL)", "TRUE"),
        ("JSON_ARRAY_CONTAINS('[1]', NULL)", "FALSE"), ("JSON_ARRAY_CONTAINS('[[1]]', ARRAY[1])", "FALSE"),
    ])
    func texts(call: String, result: String) throws { try check(call, result) }

    @Test(arguments: [
        ("ARRAY_CONTAINS(ARRAY[1, NULL], NULL)", "TRUE"), ("ARRAY_REMOVE(ARRAY[1, NULL], NULL)", "ARRAY[1]"),
        ("ARRAY_SORT(ARRAY['b', 'a'], 'up')", "NULL"), ("ARRAY_SORT(ARRAY['b', 'a'], 'descending')", "ARRAY['b', 'a']"),
        ("ARRAY_JOIN(ARRAY[1.5E0, 2.0E0], '')", "'1.52.0'"), ("SLICE(ARRAY[1, 2, 3], NULL, 2)", "ARRAY[1, 2]"),
        ("SLICE(ARRAY[1, 2, 3], 2, 4)", "NULL"), ("SLICE(ARRAY[1, 2, 3], 0, 1)", "NULL"),
        ("SLICE(ARRAY[1, 2], 2, NULL)", "ARRAY[2]"),
        ("GENERATE_SERIES(3, 1)", "ARRAY[3, 2, 1]"), ("GENERATE_SERIES(2, 2)", "ARRAY[2]"),
        ("SPLIT_TO_MAP('a:1,b,c:2,a:3', ',', ':')", "MAP('a' := '3', 'c' := '2')"),
        ("SPLIT_TO_MAP('a', ',', ',')", "NULL"),
        ("ARRAY_UNION(ARRAY[0.0E0], ARRAY[-0.0E0])", "ARRAY[0.0]"),
        ("ARRAY_EXCEPT(ARRAY[1, NULL, 1], ARRAY[2])", "ARRAY[1, NULL]"),
    ])
    func collections(call: String, result: String) throws { try check(call, result) }

    @Test(arguments: [
        (
            "FORMAT_TIMESTAMP(TIMESTAMP '2021-02-03T04:05:06.789', 'yyyy/MM/dd hh:mm:ss.SSS a')",
            "'2021/02/03 04:05:06.789 AM'"
        ),
        ("FORMAT_TIMESTAMP(TIMESTAMP '2021-02-03T04:05', 'EEEE, MMMM d ''at'' H')", "'Wednesday, February 3 at 4'"),
        (
            "FORMAT_TIMESTAMP(TIMESTAMP '2021-07-01T00:00', 'yyyy-MM-dd HH:mm XXX VV', 'America/New_York')",
            "'2021-06-30 20:00 -04:00 America/New_York'"
        ),
        ("FORMAT_TIMESTAMP(TIMESTAMP '2021-07-01T00:00', 'HHmmX', '+05:30')", "'0530+0530'"),
        ("FORMAT_TIMESTAMP(TIMESTAMP '2021-07-01', 'D Q yy')", "'182 3 21'"),
        ("FORMAT_TIMESTAMP(TIMESTAMP '2018-12-31', 'YYYY ww W e E eee')", "'2019 01 6 2 Mon Mon'"),
        ("FORMAT_TIMESTAMP(TIMESTAMP '2022-01-01', 'YYYY w W')", "'2022 1 1'"),
        ("FORMAT_TIMESTAMP(TIMESTAMP '2021-12-25', 'YYYY w W')", "'2021 52 4'"),
        (
            "FORMAT_TIMESTAMP(TIMESTAMP '2021-07-01', 'zzzz, z', 'America/New_York')",
            "'Eastern Daylight Time, EDT'"
        ),
        ("PARSE_DATE('2021-7-1', 'yyyy-MM-dd')", "DATE '2021-07-01'"),
        ("PARSE_DATE('20210701', 'yyyyMMdd')", "DATE '2021-07-01'"),
        ("PARSE_DATE('1 Jul 021', 'dd MMM yyyy')", "DATE '0021-07-01'"),
        ("PARSE_TIMESTAMP('20210203040506', 'yyyyMMddHHmmss')", "TIMESTAMP '2021-02-03T04:05:06'"),
        (
            "PARSE_TIMESTAMP('2021-02-03 04:05:06.7 +0200', 'yyyy-MM-dd HH:mm:ss.S Z')",
            "TIMESTAMP '2021-02-03T02:05:06.7'"
        ),
        ("PARSE_TIMESTAMP('2021-02-03', 'yyyy-MM-dd[ HH:mm]')", "TIMESTAMP '2021-02-03'"),
        ("PARSE_TIMESTAMP('3-FEB-21', 'd-MMM-yy')", "TIMESTAMP '2021-02-03'"),
        ("PARSE_TIMESTAMP('2021-03-28 02:30', 'yyyy-MM-dd HH:mm', 'Europe/Paris')", "TIMESTAMP '2021-03-28T01:30'"),
        ("PARSE_TIMESTAMP('2021-10-31 02:30', 'yyyy-MM-dd HH:mm', 'Europe/Paris')", "TIMESTAMP '2021-10-31T00:30'"),
        ("TIMESTAMPADD(MONTHS, 1, TIMESTAMP '2021-01-31')", "TIMESTAMP '2021-02-28'"),
        ("DATEADD(YEARS, -1, DATE '2020-02-29')", "DATE '2019-02-28'"),
        ("DATEADD(HOURS, 25, DATE '2020-01-01')", "DATE '2020-01-02'"),
        ("TIMESUB(HOURS, 49, TIME '01:00')", "TIME '00:00'"),
        ("UNIX_DATE(DATE '1969-12-31')", "-1"), ("STRINGTOTIMESTAMP('1970', 'yyyy')", "0"),
        ("REGEXP_EXTRACT('x(y)?', 'x', 1)", "NULL"), ("REGEXP_EXTRACT('x', 'x', 1)", "NULL"),
        ("REGEXP_EXTRACT('é+', 'aéé')", "'éé'"),
        ("REGEXP_REPLACE('abc', '', '-')", "'-a-b-c-'"), ("REGEXP_SPLIT_TO_ARRAY('ab', '')", "ARRAY['a', 'b']"),
        ("REGEXP_SPLIT_TO_ARRAY('xabx', 'x')", "ARRAY['', 'ab', '']"), ("REGEXP_EXTRACT_ALL('z', 'abc')", "ARRAY[]"),
        ("URL_EXTRACT_HOST('http://a_b.c/')", "NULL"), ("URL_EXTRACT_PORT('http://a_b.c:80/')", "NULL"),
        ("URL_EXTRACT_HOST('http://me@[::1]:80/')", "'[::1]'"), ("URL_EXTRACT_PORT('http://1.2.3.4:/')", "NULL"),
        ("URL_EXTRACT_HOST('http://1.2.3.4:/')", "'1.2.3.4'"), ("URL_EXTRACT_HOST('http://a.b.')", "'a.b.'"),
        ("URL_EXTRACT_PARAMETER('http://a/?k%26=%3D&l=2', 'l')", "'2'"), ("URL_EXTRACT_PATH('')", "''"),
        (#"JSON_KEYS('{"a":1,"b":2,"a":3}')"#, "ARRAY['a', 'b']"),
        (#"JSON_RECORDS('{"a":1,"b":2,"a":3}')"#, "MAP('a' := '3', 'b' := '2')"),
        ("ROUND(15E0, -400)", "0.0"), ("ROUND(15E0, -2)", "0.0"), ("ROUND(55E0, -2)", "100.0"),
        ("REGEXP_REPLACE('ab', '(?<first>a)(b)', '${first}-$2')", "'a-b'"),
        (#"REGEXP_REPLACE('ab', 'b', '\$1')"#, "'a$1'"),
        ("MASK_LEFT('äB1', 2, '*', NULL, 'ß', '-')", "'ä*1'"), ("MASK('Ä\u{301}b')", "'Xx'"),
        ("ENCODE('', 'hex', 'utf8')", "''"), ("TO_BYTES('0xABC', 'hex')", "TO_BYTES('0abc', 'hex')"),
        ("TO_BYTES('X''41''', 'hex')", "TO_BYTES('41', 'hex')"), ("TO_BYTES('x''''', 'hex')", "TO_BYTES('', 'hex')"),
        ("URL_EXTRACT_HOST('file:///etc')", "NULL"), ("URL_EXTRACT_PORT('http://a/b')", "NULL"),
        ("URL_EXTRACT_PARAMETER('http://a/?k&l=', 'k')", "''"),
        ("URL_EXTRACT_PROTOCOL('a/b')", "NULL"), ("URL_EXTRACT_QUERY('mailto:a?b')", "NULL"),
        ("ROUND(GEO_DISTANCE(37.4439E0, -122.1663E0, 51.5257E0, -0.1122E0), 3)", "8634.66"),
        ("CONVERT_TZ(TIMESTAMP '1970-01-01T00:00:00.1', '-0200', '+02:00')", "TIMESTAMP '1970-01-01T04:00:00.1'"),
        ("ENCODE('0x4578', 'hex', 'ascii')", "'Ex'"), ("ENCODE('0x578', 'hex', 'base64')", "'BXg='"),
        ("TO_BYTES('é', 'utf8')", "BYTES 'w6k='"),
        ("DOUBLE_FROM_BYTES(BYTES 'gvXJm/2mgEA=', 'LITTLE_ENDIAN')", "532.8738323"),
    ])
    func timesAndPatterns(call: String, result: String) throws { try check(call, result) }

    @Test(arguments: [
        ("EXTRACTJSONFIELD('{\"array\": [1.23450]}', '$.array[0]')", "'1.23450'"),
        ("EXTRACTJSONFIELD('{\"a\": [1]}', '$.a[-1]')", "NULL"),
        ("EXTRACTJSONFIELD('{\"a\": null}', '$.a')", "'null'"),
        ("EXTRACTJSONFIELD('{\"a\": {\"b\" : [ 1, \"\\u00e9\" ]}}', '$.a')", "'{\"b\":[1,\"é\"]}'"),
        ("JSON_CONCAT('[1, 2]', '{\"a\": 1}', '4')", "'[1,2,{\"a\":1},4]'"), ("JSON_CONCAT('null', '[]')", "'[null]'"),
        ("JSON_CONCAT('{\"a\": 1}', '{\"a\": 2, \"b\": 3}')", "'{\"a\":2,\"b\":3}'"), ("IS_JSON_STRING('')", "FALSE"),
        ("IS_JSON_STRING('[1,]')", "FALSE"),
        ("IS_JSON_STRING('01')", "FALSE"), ("IS_JSON_STRING(NULL)", "FALSE"), ("JSON_KEYS('[]')", "NULL"),
        ("JSON_ARRAY_LENGTH('{}')", "NULL"),
        ("JSON_ARRAY_CONTAINS('[\"a\\n\"]', 'a\n')", "TRUE"), ("JSON_ARRAY_CONTAINS('[1.0, 2]', 2.0E0)", "FALSE"),
        ("TO_JSON_STRING(TIME '10:00')", "'\"10:00\"'"),
        ("TO_JSON_STRING(MAP('b' := 1, 'a' := NULL))", "'{\"a\":null,\"b\":1}'"),
        ("TO_JSON_STRING('a\"b')", "'\"a\\\"b\"'"),
    ])
    func json(call: String, result: String) throws { try check(call, result) }

    /// Calls whose row fails: NULL and one problem.
    @Test(arguments: [
        "PARSE_DATE('2021-02-03 04', 'yyyy-MM-dd HH')", "PARSE_TIMESTAMP('x', 'yyyy')",
        "PARSE_TIMESTAMP('2021-02-30', 'yyyy-MM-dd')",
        "FORMAT_DATE(DATE '2021-02-03', 'HH')", "PARSE_TIME('2021', 'yyyy')",
        "FORMAT_TIMESTAMP(TIMESTAMP '2021', 'bbb')",
        "CONVERT_TZ(TIMESTAMP '2021', 'Mars/Base', 'UTC')", "REGEXP_EXTRACT('(', 'a')", "GENERATE_SERIES(1, 3, -1)",
        "URL_EXTRACT_PATH('http://a/%zz')", "REGEXP_REPLACE('a', 'a', '$')", "REGEXP_REPLACE('a', 'a', '${b}')",
        "REGEXP_REPLACE('a', 'a', '$1')", "TO_BYTES('abc', 'hex')", "GENERATE_SERIES(1, 3, 0)",
        "INT_FROM_BYTES(BYTES 'AA==')", "URL_EXTRACT_HOST('http://a b')",
        "ENCODE('a', 'utf8', 'utf8')",
        "MASK_LEFT('abc', -1)", "GEO_DISTANCE(91, 0, 0, 0)", "TO_BYTES('zz', 'hex')", "ENCODE('578', 'hex', 'utf8')",
        "ROUND(9.99)", "CEIL(9.99)", "URL_DECODE_PARAM('a%20b%')", "URL_DECODE_PARAM('%zz')", "JSON_ARRAY_LENGTH('')",
        "EXTRACTJSONFIELD('{', '$.a')", "EXTRACTJSONFIELD('{}', 'a')",
    ])
    func failures(call: String) throws {
        let (values, problems) = try evaluate(SQLSnippet.expression(call))
        #expect(values == [.null], "\(call)")
        #expect(problems.count == 1, "\(call)")
    }

    private func check(_ call: String, _ result: String) throws {
        let (values, problems) = try evaluate(SQLSnippet.expression(call))
        let expected = result == "nan" ? "nan" : try evaluate(SQLSnippet.expression(result)).values[0].sqlText
        #expect(values[0].sqlText == expected, "\(call)")
        #expect(problems.isEmpty, "\(call)")
    }
}
