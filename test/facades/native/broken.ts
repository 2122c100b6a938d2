/** A namespace whose objects cannot be reached: each try throws; `calls` counts them. */
export function throwing<T extends object>(namespace: T, error: unknown) {
  const broken = {
    calls: 0,
    namespace: new Proxy(namespace, {
      get(target, name) {
        if (name !== 'getByName') return Reflect.get(target, name) as unknown
        return () => {
          broken.calls += 1
          throw error
        }
      },
    }),
  }
  return broken
}

/** A database of which every use throws. */
export const deadDatabase = (message: string) =>
  new Proxy({} as D1Database, {
    get() {
      return () => {
        throw new Error(message)
      }
    },
  })
