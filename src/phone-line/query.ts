type Values = readonly SqlStorageValue[]

/** Runs a query and gives its rows, of the shape that its columns have. */
export const rowsOf = <Row extends object>(
  sql: SqlStorage,
  query: string,
  ...values: Values
): readonly Row[] => sql.exec(query, ...values).toArray() as unknown as Row[]

/** Runs a query and gives its first row. */
export const firstOf = <Row extends object>(
  sql: SqlStorage,
  query: string,
  ...values: Values
): Row | undefined => rowsOf<Row>(sql, query, ...values)[0]
