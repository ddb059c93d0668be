import Testing

@testable import Parser

/// What the formatter writes means the same as what was read.
struct RoundTripTests {
    @Test(arguments: Corpus.all)
    func formattedStatementParsesToTheSameTree(_ sql: String) throws {
        let statement = try SQLParser.parseStatement(sql, options: Corpus.options)
        let formatted = SQLFormatter.sql(statement)
        let again = try SQLParser.parseStatement(formatted, options: Corpus.options)
        #expect(again == statement, "\(formatted)")
        #expect(SQLFormatter.sql(again) == formatted)
    }

    @Test func everyFormOfStatementIsInTheCorpus() throws {
        let forms = try Corpus.all.map { sql in
            String(describing: try SQLParser.parseStatement(sql, options: Corpus.options).kind).prefix { $0 != "(" }
        }
        #expect(Set(forms).count == 30)
    }

    @Test func aStatementKnowsItsOwnText() throws {
        let source = " select 'ö' from a ;\n-- note\n  SHOW STREAMS -- last\n"
        let texts = try SQLParser.parse(source).map { $0.text(in: source) }
        #expect(texts == ["select 'ö' from a", "SHOW STREAMS"])
    }

    @Test(arguments: Keyword.allCases)
    func anyWordCanBeAQuotedName(_ keyword: Keyword) throws {
        let name = Identifier(keyword.text, isQuoted: true)
        let column = Expression(.column(source: name, name: name))
        var query = Query(
            select: [
                .expression(column, alias: name), .expression(Expression(.column(source: nil, name: name)), alias: nil),
                .expression(Expression(.call(FunctionCall(name: name, arguments: [column]))), alias: nil),
                .expression(Expression(.element(of: column, index: column)), alias: nil), .allOf(source: name),
            ],
            from: Relation(AliasedSource(name, alias: name))
        )
        query.groupBy = [column]
        let definition = CreateSource(
            .stream,
            name: name,
            columns: [ColumnDefinition(name: name, type: TypeName(.named(name)), role: .key)],
            properties: Properties([Property(name: name, value: .null)])
        )
        let kinds: [Statement.Kind] = [
            .query(query), .createSource(definition), .explain(.query(name)), .terminate(.query(name)),
            .describe(.source(name, extended: true)), .describe(.function(name)), .define(name: name, value: ""),
            .insertValues(InsertValues(target: name, columns: [name], values: [column])),
            .alterSource(AlterSource(.table, name: name, added: definition.columns.map(\.asValue))),
            .dropSource(DropSource(.table, name: name)),
            .createType(CreateType(name: name, type: TypeName(.named(name)))),
        ]
        for kind in kinds {
            let sql = SQLFormatter.sql(Statement(kind))
            #expect(try SQLParser.parseStatement(sql).kind == kind, "\(sql)")
        }
    }

    @Test func typesAndColumnsStandAlone() throws {
        let type = try SQLParser.parseType("map < varchar , struct< a int array, b decimal(3,1) > >")
        #expect(SQLFormatter.sql(type) == "MAP<STRING, STRUCT<A ARRAY<INTEGER>, B DECIMAL(3, 1)>>")
        let columns = try SQLParser.parseColumns("id int key, `n` string")
        #expect(SQLFormatter.sql(columns) == "(ID INTEGER KEY, `n` STRING)")
        #expect(try SQLParser.parseColumns("(id int key, `n` string)") == columns)
        #expect(try SQLParser.parseColumns(" ").isEmpty)
    }
}

extension ColumnDefinition {
    fileprivate var asValue: ColumnDefinition { ColumnDefinition(name: name, type: type) }
}
