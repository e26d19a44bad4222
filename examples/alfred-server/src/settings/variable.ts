import { isIP } from 'node:net'
import { AlfredConfigError, type ConfigProblemCode } from '@alfred/core'
import { z } from 'zod'

/** One environment variable: how it is read, and what it is for. */
export interface Variable<Value = unknown> {
  /** Reads the text; `undefined` stands for a variable that is not set or empty. */
  readonly schema: z.ZodType<Value, string | undefined>
  /** For people, in `.env.example`. */
  readonly about: string
  /** `<name>_FILE` may name a file that holds the value. */
  readonly isSecret: boolean
  /** Shown in `.env.example` where the schema has no default. */
  readonly example?: string | undefined
}

type Reading<Value> = z.ZodType<Value, string | undefined>

/** Describes a variable that holds no secret. */
export const plain = <Value>(schema: Reading<Value>, about: string, example?: string): Variable<Value> => ({
  schema,
  about,
  isSecret: false,
  example,
})

/** Describes a variable that may come from a file. */
export const secret = <Value>(schema: Reading<Value>, about: string): Variable<Value> => ({
  schema,
  about,
  isSecret: true,
})

/** Any text. */
export const text = (): z.ZodString => z.string()

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${String(min)} to ${String(max)}.`
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .refine((value) => value >= min && value <= max, error)
}

/** One of some words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of ${words.join(', ')}.`)

/** `1` or `true`, `0` or `false`. */
export const flag = () =>
  z
    .enum(['0', '1', 'false', 'true'], 'must be 1 or 0.')
    .transform((value) => value === '1' || value === 'true')

/** An address of this machine to listen on. */
export const listenAddress = () =>
  z
    .string()
    .refine(
      (value) => value === 'localhost' || isIP(value) !== 0,
      'must be an IP address to listen on, such as 0.0.0.0.',
    )

/** A URL with one of `protocols`, such as `https:`. */
export function url(...protocols: readonly string[]) {
  const starts = protocols.map((protocol) => `${protocol}//`).join(' or ')
  return z
    .string()
    .refine(
      (value) => protocols.includes(URL.parse(value)?.protocol ?? ''),
      `must be a URL that starts with ${starts}.`,
    )
}

/** What `build` makes of the text; what it refuses is a problem of the variable. */
export const built = <Value>(build: (value: string) => Value) =>
  z.string().transform((value, context) => {
    try {
      return build(value)
    } catch (error) {
      if (!(error instanceof AlfredConfigError)) throw error
      for (const { code, message } of error.problems) {
        context.addIssue({ code: 'custom', message, params: { code } })
      }
      return z.NEVER
    }
  })

/** The code of a problem that a schema found. */
export function problemCode(issue: z.core.$ZodIssue): ConfigProblemCode {
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined
  return isProblemCode(code) ? code : 'ALFRED_CONFIG_OUT_OF_RANGE'
}

const problemCodes = ['ALFRED_CONFIG_UNSAFE', 'ALFRED_CONFIG_WRONG_TYPE', 'ALFRED_CONFIG_MISSING'] as const

const isProblemCode = (code: unknown): code is (typeof problemCodes)[number] =>
  problemCodes.some((known) => known === code)
