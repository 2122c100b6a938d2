import { describe, expect, it } from 'vitest'
import { addressOf } from '../../src/http/facade.ts'

describe('addressOf', () => {
  it.each(['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'])('reads %s', (address) => {
    expect(addressOf(address)).toBe(address)
  })

  it.each([undefined, '', 'x', '192.0.2', '192.0.2.1, 192.0.2.2', '[::1]', 'x::y', '192.0.2.1:80'])(
    'reads no address in %j',
    (header) => {
      expect(addressOf(header)).toBeUndefined()
    },
  )
})
