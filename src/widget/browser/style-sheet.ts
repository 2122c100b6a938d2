import base from './base.css'
import steps from './steps.css'

let sheet: CSSStyleSheet | undefined

/** Constructed once, since a Content-Security-Policy without 'unsafe-inline' forbids `<style>`. */
export function styleSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(steps + base)
  }
  return sheet
}
