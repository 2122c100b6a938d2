import { OtpostVerify } from './element.ts'

export { Otpost, OtpostError } from './client.ts'

// Servers that render pages import this module too; there it does nothing.
if (globalThis.customElements?.get('otpost-verify') === undefined) {
  globalThis.customElements?.define('otpost-verify', OtpostVerify)
}
