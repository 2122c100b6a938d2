import type { Language } from './languages.ts'

/** What a call says. Its language is one that text-to-speech engines have (BCP 47). */
export interface Voice {
  readonly language: string
  /** Before any key was pressed: with {{brand}}, never with a code. */
  readonly prompt: string
  /** With {{code}}. */
  readonly code: string
}

const voice = (language: string, prompt: string, code: string): Voice => ({
  language,
  prompt,
  code,
})

const ENGLISH = voice(
  'en-GB',
  '{{brand}}. Press any key to hear your code.',
  'Your code is: {{code}}.',
)

const MANDARIN = voice(
  'cmn-CN',
  '{{brand}}。请按任意键收听您的验证码。',
  '您的验证码是：{{code}}。',
)

/** In Taiwan people read what they read in Hong Kong, but speak Mandarin. */
const TAIWANESE = voice(
  'zh-TW',
  '{{brand}}。請按任意鍵收聽您的驗證碼。',
  '您的驗證碼是：{{code}}。',
)

/**
 * The languages among ours that Twilio speaks (`SayLanguage`):
 * https://github.com/twilio/twilio-node/blob/000c5255f5846e36eefbad064c4f5b7b19f8c4c8/src/twiml/VoiceResponse.ts.
 * Croatian, Estonian and Lithuanian are not there.
 */
const VOICES: Readonly<Partial<Record<Language, Voice>>> = {
  af: voice('af-ZA', '{{brand}}. Druk enige toets om u kode te hoor.', 'U kode is: {{code}}.'),
  ar: voice('arb', '{{brand}}. يُرجى الضغط على أي زر لسماع الرمز.', 'الرمز هو: {{code}}.'),
  ca: voice(
    'ca-ES',
    '{{brand}}. Premeu qualsevol tecla per escoltar el vostre codi.',
    'El vostre codi és: {{code}}.',
  ),
  zh: MANDARIN,
  'zh-CN': MANDARIN,
  'zh-HK': voice('yue-HK', '{{brand}}。請按任意鍵收聽您的驗證碼。', '您的驗證碼是：{{code}}。'),
  cs: voice(
    'cs-CZ',
    '{{brand}}. Pro přehrání kódu stiskněte libovolnou klávesu.',
    'Váš kód je: {{code}}.',
  ),
  da: voice(
    'da-DK',
    '{{brand}}. Tryk på en vilkårlig tast for at høre din kode.',
    'Din kode er: {{code}}.',
  ),
  nl: voice(
    'nl-NL',
    '{{brand}}. Druk op een willekeurige toets om uw code te horen.',
    'Uw code is: {{code}}.',
  ),
  en: ENGLISH,
  fi: voice(
    'fi-FI',
    '{{brand}}. Paina mitä tahansa näppäintä kuullaksesi koodisi.',
    'Koodisi on: {{code}}.',
  ),
  fr: voice(
    'fr-FR',
    '{{brand}}. Appuyez sur une touche pour entendre votre code.',
    'Votre code est : {{code}}.',
  ),
  de: voice(
    'de-DE',
    '{{brand}}. Drücken Sie eine beliebige Taste, um Ihren Code zu hören.',
    'Ihr Code lautet: {{code}}.',
  ),
  el: voice(
    'el-GR',
    '{{brand}}. Πατήστε οποιοδήποτε πλήκτρο για να ακούσετε τον κωδικό σας.',
    'Ο κωδικός σας είναι: {{code}}.',
  ),
  he: voice(
    'he-IL',
    '{{brand}}. נא להקיש על מקש כלשהו כדי לשמוע את הקוד.',
    'הקוד שלך הוא: {{code}}.',
  ),
  hi: voice('hi-IN', '{{brand}}। अपना कोड सुनने के लिए कोई भी बटन दबाएँ।', 'आपका कोड है: {{code}}।'),
  hu: voice(
    'hu-HU',
    '{{brand}}. A kód meghallgatásához nyomjon meg egy tetszőleges gombot.',
    'Az Ön kódja: {{code}}.',
  ),
  id: voice(
    'id-ID',
    '{{brand}}. Tekan tombol apa saja untuk mendengar kode Anda.',
    'Kode Anda adalah: {{code}}.',
  ),
  it: voice(
    'it-IT',
    '{{brand}}. Prema un tasto qualsiasi per ascoltare il Suo codice.',
    'Il Suo codice è: {{code}}.',
  ),
  ja: voice(
    'ja-JP',
    '{{brand}}です。認証コードをお聞きになるには、いずれかのキーを押してください。',
    '認証コードは、{{code}}です。',
  ),
  ko: voice(
    'ko-KR',
    '{{brand}}입니다. 인증번호를 들으시려면 아무 버튼이나 눌러 주세요.',
    '인증번호는 {{code}}입니다.',
  ),
  ms: voice(
    'ms-MY',
    '{{brand}}. Tekan sebarang kekunci untuk mendengar kod anda.',
    'Kod anda ialah: {{code}}.',
  ),
  nb: voice(
    'nb-NO',
    '{{brand}}. Trykk på en valgfri tast for å høre koden din.',
    'Koden din er: {{code}}.',
  ),
  pl: voice(
    'pl-PL',
    '{{brand}}. Aby usłyszeć kod, naciśnij dowolny klawisz.',
    'Twój kod to: {{code}}.',
  ),
  'pt-BR': voice(
    'pt-BR',
    '{{brand}}. Pressione qualquer tecla para ouvir o seu código.',
    'O seu código é: {{code}}.',
  ),
  pt: voice(
    'pt-PT',
    '{{brand}}. Prima qualquer tecla para ouvir o seu código.',
    'O seu código é: {{code}}.',
  ),
  ro: voice(
    'ro-RO',
    '{{brand}}. Apăsați orice tastă pentru a auzi codul dumneavoastră.',
    'Codul dumneavoastră este: {{code}}.',
  ),
  ru: voice(
    'ru-RU',
    '{{brand}}. Чтобы прослушать код, нажмите любую клавишу.',
    'Ваш код: {{code}}.',
  ),
  es: voice(
    'es-ES',
    '{{brand}}. Pulse cualquier tecla para escuchar su código.',
    'Su código es: {{code}}.',
  ),
  sv: voice(
    'sv-SE',
    '{{brand}}. Tryck på valfri knapp för att höra din kod.',
    'Din kod är: {{code}}.',
  ),
  tl: voice(
    'fil-PH',
    '{{brand}}. Pindutin ang alinmang key upang marinig ang inyong code.',
    'Ang inyong code ay: {{code}}.',
  ),
  th: voice('th-TH', '{{brand}} กรุณากดปุ่มใดก็ได้เพื่อฟังรหัสของคุณ', 'รหัสของคุณคือ {{code}}'),
  tr: voice(
    'tr-TR',
    '{{brand}}. Kodunuzu duymak için herhangi bir tuşa basın.',
    'Kodunuz: {{code}}.',
  ),
  vi: voice(
    'vi-VN',
    '{{brand}}. Vui lòng nhấn phím bất kỳ để nghe mã của bạn.',
    'Mã của bạn là: {{code}}.',
  ),
  lv: voice(
    'lv-LV',
    '{{brand}}. Lai dzirdētu kodu, nospiediet jebkuru taustiņu.',
    'Jūsu kods ir: {{code}}.',
  ),
  uk: voice(
    'uk-UA',
    '{{brand}}. Щоб прослухати код, натисніть будь-яку клавішу.',
    'Ваш код: {{code}}.',
  ),
  bg: voice(
    'bg-BG',
    '{{brand}}. За да чуете кода си, натиснете произволен клавиш.',
    'Вашият код е: {{code}}.',
  ),
  sk: voice(
    'sk-SK',
    '{{brand}}. Ak chcete počuť kód, stlačte ľubovoľný kláves.',
    'Váš kód je: {{code}}.',
  ),
}

/** Says whether calls speak a language; in the others they speak English. */
export const hasVoice = (language: Language): boolean => VOICES[language] !== undefined

/** Finds what a call to a country says in a language, else in English. */
export const voiceOf = (language: Language, country: string): Voice =>
  language === 'zh-HK' && country === 'TW' ? TAIWANESE : (VOICES[language] ?? ENGLISH)

/** Writes what a call says before any key was pressed. */
export const spokenPrompt = (spoken: Voice, brand: string): string =>
  spoken.prompt.replace('{{brand}}', () => brand)

/**
 * Writes the sentence with the code, or a text of the caller's own, the digits apart so that an
 * engine says them one by one.
 */
export const spokenCode = (spoken: Voice, code: string, text = spoken.code): string =>
  text.replace('{{code}}', () => Array.from(code).join(', '))
