type Call = () => Promise<unknown>

/** A namespace whose objects' methods are carried out by `around`, which may break them. */
export function intercept<T extends { getByName(...args: never[]): unknown }>(
  namespace: T,
  around: (method: string, call: Call) => Promise<unknown>,
): T {
  return new Proxy(namespace, {
    get(target, name) {
      if (name !== 'getByName') return Reflect.get(target, name) as unknown
      return (...args: never[]) => {
        const stub = target.getByName(...args) as Record<
          string,
          (...values: unknown[]) => Promise<unknown>
        >
        return new Proxy(stub, {
          get:
            (_, method: string) =>
            (...values: unknown[]) =>
              around(method, async () => stub[method]?.(...values)),
        })
      }
    },
  })
}
