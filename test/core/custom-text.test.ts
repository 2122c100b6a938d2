import { describe, expect, it } from 'vitest'
import { customText } from '../../src/core/project.ts'

describe('customText', () => {
  it.each(['{{code}}', 'Your pin for Owl Bank is {{code}}', '您的验证码是{{code}}。'])(
    'takes what a template takes: %s',
    (text) => {
      expect(customText.safeParse(text).success).toBe(true)
    },
  )

  it.each(['{{brand}}: {{code}}', '{{code}} ({{minutes}} min)', '{{code}} acme.com', 'Code'])(
    'takes no value but the code, and nothing that a template may not hold: %s',
    (text) => {
      expect(customText.safeParse(text).success).toBe(false)
    },
  )
})
