import { describe, expect, it } from 'vitest'
import { BoundedMap } from '../../src/storage/bounded-map.ts'

describe('BoundedMap', () => {
  it('keeps as many entries as it was given room for, and forgets the oldest', () => {
    const map = new BoundedMap<number>(3)
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, i)
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([undefined, 1, 2, 3])
  })

  it('makes an entry the newest when it is set again', () => {
    const map = new BoundedMap<number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    map.set('c', 4)
    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([3, undefined, 4])
  })

  it('forgets no other entry when one is set again', () => {
    const map = new BoundedMap<number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('b', 3)
    expect(['a', 'b'].map((key) => map.get(key))).toEqual([1, 3])
  })

  it('has room again for a deleted entry', () => {
    const map = new BoundedMap<number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.delete('b')
    map.set('c', 3)
    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3])
  })

  it('takes any text for a key', () => {
    const map = new BoundedMap<number>(2)
    expect(map.get('__proto__')).toBeUndefined()
    expect(map.get('constructor')).toBeUndefined()
    map.set('__proto__', 1)
    expect(map.get('__proto__')).toBe(1)
  })
})
