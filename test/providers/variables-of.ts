import type { Vendor } from '../../src/providers/vendor.ts'

/** What a vendor finds wrong with variables: `NAME: what`, in order. */
export const issuesOf = (vendor: Vendor, values: object): readonly string[] =>
  (vendor.variables.safeParse(values).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )
