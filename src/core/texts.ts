import type { Language } from './languages.ts'

/** What a text message says in one language. */
export interface Text {
  /** With {{code}}, {{brand}} and {{minutes}} (1 to 10). */
  readonly message: string
  /** Follows the message where a project asks for it. */
  readonly neverShare: string
}

const text = (message: string, neverShare: string): Text => ({ message, neverShare })

const SIMPLIFIED = text(
  '【{{brand}}】您的验证码是{{code}}，{{minutes}}分钟内有效。',
  '请勿告诉他人。',
)

/**
 * Says the same in every language. Each message fits one part in UCS-2 with a name of 20 characters
 * and a code of ten digits. Right-to-left texts keep their own words between a name and a number:
 * side by side, the two would be read in the wrong order.
 */
export const TEXTS: Readonly<Record<Language, Text>> = {
  af: text(
    '{{code}} is u kode vir {{brand}}. Dit is {{minutes}} min. geldig.',
    'Moenie dit met enigiemand deel nie.',
  ),
  ar: text('رمزك في {{brand}} هو {{code}}. صلاحيته بالدقائق: {{minutes}}.', 'لا تشاركه مع أحد.'),
  ca: text(
    '{{code}} és el codi per a {{brand}}. Vàlid durant {{minutes}} min.',
    'No el compartiu mai.',
  ),
  zh: SIMPLIFIED,
  'zh-CN': SIMPLIFIED,
  'zh-HK': text('【{{brand}}】您的驗證碼是{{code}}，{{minutes}}分鐘內有效。', '請勿告訴他人。'),
  hr: text(
    '{{code}} je Vaš kod za {{brand}}. Vrijedi {{minutes}} min.',
    'Nemojte ga dijeliti ni s kim.',
  ),
  cs: text('{{code}} je váš kód pro {{brand}}. Platí {{minutes}} min.', 'Nikomu ho nesdělujte.'),
  da: text(
    '{{code}} er din kode til {{brand}}. Den gælder i {{minutes}} min.',
    'Del den ikke med nogen.',
  ),
  nl: text(
    '{{code}} is uw code voor {{brand}}, {{minutes}} min. geldig.',
    'Deel deze code met niemand.',
  ),
  en: text(
    '{{code}} is your {{brand}} code. It is valid for {{minutes}} min.',
    'Do not share it with anyone.',
  ),
  fi: text(
    '{{code}} on koodisi palveluun {{brand}}. Voimassa {{minutes}} min.',
    'Älä jaa sitä kenellekään.',
  ),
  fr: text(
    '{{code}} est votre code {{brand}}. Il est valable {{minutes}} min.',
    'Ne le communiquez à personne.',
  ),
  de: text(
    '{{code}} ist Ihr Code für {{brand}}. Er gilt {{minutes}} Min.',
    'Geben Sie ihn an niemanden weiter.',
  ),
  el: text(
    'Κωδικός {{brand}}: {{code}}. Ισχύει για {{minutes}} λεπ.',
    'Μην τον δώσετε σε κανέναν.',
  ),
  he: text('{{code}} הוא הקוד שלך ב-{{brand}}. הוא תקף ל-{{minutes}} דק׳.', 'אין למסור אותו לאיש.'),
  hi: text('{{code}} आपका {{brand}} कोड है। यह {{minutes}} मिनट तक मान्य है।', 'इसे किसी को न बताएँ।'),
  hu: text(
    '{{code}} az Ön {{brand}} kódja. Érvényes {{minutes}} percig.',
    'Ne ossza meg senkivel.',
  ),
  id: text(
    '{{code}} adalah kode {{brand}} Anda. Berlaku {{minutes}} menit.',
    'Jangan bagikan kepada siapa pun.',
  ),
  it: text(
    '{{code}} è il Suo codice per {{brand}}. Valido {{minutes}} min.',
    'Non lo comunichi a nessuno.',
  ),
  ja: text(
    '【{{brand}}】認証コードは{{code}}です。有効期限は{{minutes}}分です。',
    '他人に教えないでください。',
  ),
  ko: text(
    '[{{brand}}] 인증번호는 {{code}}입니다. {{minutes}}분간 유효합니다.',
    '타인에게 알려주지 마세요.',
  ),
  ms: text(
    '{{code}} ialah kod {{brand}} anda. Sah selama {{minutes}} minit.',
    'Jangan kongsi dengan sesiapa.',
  ),
  nb: text(
    '{{code}} er koden din for {{brand}}. Gyldig i {{minutes}} min.',
    'Ikke del den med noen.',
  ),
  pl: text('{{code}} to Twój kod {{brand}}. Jest ważny {{minutes}} min.', 'Nikomu go nie podawaj.'),
  'pt-BR': text(
    '{{code}} é o seu código {{brand}}. Válido por {{minutes}} min.',
    'Não compartilhe com ninguém.',
  ),
  pt: text(
    '{{code}} é o seu código {{brand}}. Válido por {{minutes}} min.',
    'Não o partilhe com ninguém.',
  ),
  ro: text(
    '{{code}} este codul dvs. {{brand}}. Valabil {{minutes}} min.',
    'Nu îl comunicați nimănui.',
  ),
  ru: text('{{code}} — ваш код {{brand}}. Действует {{minutes}} мин.', 'Никому его не сообщайте.'),
  es: text(
    '{{code}} es su código de {{brand}}. Vence en {{minutes}} min.',
    'No lo comparta con nadie.',
  ),
  sv: text(
    '{{code}} är din kod för {{brand}}. Den gäller i {{minutes}} min.',
    'Dela den inte med någon.',
  ),
  tl: text(
    '{{code}} ang inyong code sa {{brand}}. May bisa: {{minutes}} min.',
    'Huwag itong ibahagi kaninuman.',
  ),
  th: text('{{code}} คือรหัส {{brand}} ของคุณ ใช้ได้ภายใน {{minutes}} นาที', 'โปรดอย่าบอกผู้อื่น'),
  tr: text('{{brand}} kodunuz: {{code}}. Geçerlilik: {{minutes}} dk.', 'Kimseyle paylaşmayın.'),
  vi: text(
    '{{code}} là mã {{brand}} của bạn. Có hiệu lực {{minutes}} phút.',
    'Xin đừng chia sẻ với ai.',
  ),
  et: text(
    '{{code}} on teie {{brand}} kood. See kehtib {{minutes}} min.',
    'Ärge jagage seda kellegagi.',
  ),
  lv: text(
    '{{code}} ir Jūsu {{brand}} kods. Tas ir derīgs {{minutes}} min.',
    'Neizpaudiet to nevienam.',
  ),
  lt: text(
    '{{code}} yra Jūsų {{brand}} kodas. Galioja {{minutes}} min.',
    'Niekam jo neatskleiskite.',
  ),
  uk: text('{{code}} — ваш код {{brand}}. Дійсний {{minutes}} хв.', 'Нікому його не повідомляйте.'),
  bg: text(
    '{{code}} е Вашият код за {{brand}}. Валиден е {{minutes}} мин.',
    'Не го споделяйте с никого.',
  ),
  sk: text(
    '{{code}} je váš kód pre {{brand}}. Platí {{minutes}} min.',
    'Nikomu ho neprezrádzajte.',
  ),
}

export interface Values {
  readonly code: string
  readonly brand: string
  readonly minutes: string
}

/** Writes values in the place of their names; reads nothing into them. */
export const fillIn = (message: string, values: Values): string =>
  message.replaceAll(/\{\{(code|brand|minutes)\}\}/g, (_, name: keyof Values) => values[name])
