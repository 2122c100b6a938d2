import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeArguments, placeOf, quote, sql } from '../../src/cli/database.ts'

describe('quote', () => {
  it.each([
    ['plain', `'plain'`],
    ["O'Neil", `'O''Neil'`],
    [`'; DROP TABLE projects; --`, `'''; DROP TABLE projects; --'`],
    ['back\\slash', `'back\\slash'`],
    ['', `''`],
    ['begin transaction;', `CAST(X'626567696e207472616e73616374696f6e3b' AS TEXT)`],
    [12, '12'],
    [-1, '-1'],
    [null, 'NULL'],
  ])('writes %j as %s', (value, literal) => {
    expect(quote(value)).toBe(literal)
  })

  it.each(['a\0b', '\ud800', 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %j', (value) => {
    expect(() => quote(value)).toThrow(/NUL|whole number/)
  })

  it('gives SQLite back every other text', () => {
    const database = new DatabaseSync(':memory:')
    const piece = fc.constantFrom("'", '"', ';', '--', '/*', '\\', '\n', 'BEGIN TRANSACTION')
    const text = fc
      .array(fc.oneof(piece, fc.string({ unit: 'grapheme' })))
      .map((all) => all.join(''))
    fc.assert(
      fc.property(text, (value) => {
        fc.pre(!value.includes('\0') && value.isWellFormed())
        expect(database.prepare(`SELECT ${quote(value)} AS value`).get()).toEqual({ value })
      }),
    )
    database.close()
  })
})

describe('sql', () => {
  it('quotes what is put in and nothing else', () => {
    expect(sql`SELECT '${"it's"}', ${2}`).toBe(`SELECT ''it''s'', 2`)
  })
})

describe('placeOf', () => {
  it('makes the folder absolute, and gives it to wrangler for the local database only', () => {
    const place = placeOf({ 'persist-to': '/data/db/../other' })
    expect(placeArguments(place)).toEqual(['--local', '--persist-to', '/data/other'])
    expect(placeArguments(placeOf({}))).toEqual(['--local'])
    expect(placeArguments(placeOf({ remote: true }))).toEqual(['--remote'])
  })
})
