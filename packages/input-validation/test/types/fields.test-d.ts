import {
  chatMessage,
  code,
  createHtmlSanitizer,
  fileName,
  html,
  identifier,
  markdown,
  template,
  templateContent,
  text,
  url,
  validate,
} from '@alfred/input-validation'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const sanitizer = createHtmlSanitizer()

const body = z.strictObject({
  text: text({ maxLength: 10 }),
  code: code({ maxLength: 10 }).optional(),
  markdown: markdown({ maxLength: 10 }).nullable(),
  html: html({ maxLength: 10, sanitizer }),
  url: url().default('https://example.com/'),
  identifier: z.array(identifier()),
  fileName: fileName().brand<'FileName'>(),
  template: template({ maxLength: 10 }).transform((value) => value.length),
  templateContent: templateContent(),
  chatMessage: chatMessage(),
})

interface Expected {
  text: string
  code?: string | undefined
  markdown: string | null
  html: string
  url: string
  identifier: string[]
  fileName: string & z.core.$brand<'FileName'>
  template: number
  templateContent: string
  chatMessage: string
}

expectTypeOf<z.infer<typeof body>>().toEqualTypeOf<Expected>()
expectTypeOf(validate({ body }).valid({} as never).body).toEqualTypeOf<Expected>()

// @ts-expect-error -- a field of text has a limit
text({})
// @ts-expect-error -- HTML has a sanitiser
html({ maxLength: 10 })
// @ts-expect-error -- what no detector is called
text({ maxLength: 10, detectors: { sqli: 'flag' } })
