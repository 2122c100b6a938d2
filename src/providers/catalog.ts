import { messente } from './messente.ts'
import { meta } from './meta.ts'
import { telnyx } from './telnyx.ts'
import { twilio } from './twilio.ts'
import type { Vendor } from './vendor.ts'
import { vonage } from './vonage.ts'
import { webhook } from './webhook.ts'

/** Every vendor that otpost can send by. */
export const VENDORS: readonly Vendor[] = [twilio, vonage, messente, telnyx, meta, webhook]
