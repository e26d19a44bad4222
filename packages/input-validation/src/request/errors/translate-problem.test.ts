import type { Problem } from '@alfred/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { bodyRefusals } from '../../body/body-refusal.ts'
import { uploadRefusals } from '../../uploads/upload-refusal.ts'
import { webhookRefusals } from '../../webhooks/webhook-guard.ts'
import { requestRefusals } from '../request-limits.ts'
import { english } from './english.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import { translateProblem } from './translate-problem.ts'
import { toValidationErrors } from './validation-error.ts'

const schema = z.strictObject({
  name: z.string().min(3),
  age: z.number().gt(17),
  plan: z.string().refine(() => false, { message: 'No such plan.', params: { code: 'plan-unknown' } }),
  note: z.string().refine(() => false, { params: { code: 'note-odd' } }),
})

const problem = () => {
  const input = { name: 'a', age: 3, plan: 'x', note: 'y', nmae: 'b', '<b>': 1 }
  const { error } = schema.safeParse(input)
  return {
    type: 'urn:alfred:problem:validation-failed',
    status: 422,
    title: 'The request does not fit the expected form',
    errors: toValidationErrors('body', schema, input, error?.issues ?? [], 20),
  }
}

it('says a problem in another language, and leaves what the author wrote', () => {
  const { title, errors, ...rest } = translateProblem(problem(), 'de-AT')
  expect(rest).toEqual({ type: 'urn:alfred:problem:validation-failed', status: 422 })
  expect(title).toBe('Die Anfrage hat nicht die erwartete Form')
  expect(errors.map(({ detail }) => detail)).toEqual([
    'Muss mindestens 3 Zeichen haben.',
    'Muss größer als 17 sein.',
    'No such plan.',
    'Ist nicht gültig.',
    'Ist nicht bekannt. Ist name gemeint?',
    'Hat Felder, die nicht bekannt sind.',
  ])
  expect(errors.map(({ pointer, code }) => [pointer, code])).toEqual(
    problem().errors.map(({ pointer, code }) => [pointer, code]),
  )
})

it.each(['de', 'DE', 'de_DE', 'de,en;q=0.9', 'de;q=1'])('finds German in %s', (language) => {
  expect(translateProblem(problem(), language)).toEqual(translateProblem(problem(), 'de-AT'))
})

it('says a code of an author that every object has as a name', () => {
  const odd = z.string().refine(() => false, { params: { code: 'constructor' } })
  const errors = toValidationErrors('body', odd, 'x', odd.safeParse('x').error?.issues ?? [], 1)
  expect(errors).toEqual([{ pointer: '/body', code: 'constructor', detail: 'Is not valid.' }])
})

it.each(['de', 'fr'])('has a title and a sentence for every problem in %s', (language) => {
  const tables = [bodyRefusals, uploadRefusals, requestRefusals, webhookRefusals]
  for (const { type, title, detail, extensions } of tables.flatMap((table) =>
    Object.values<Problem>(table),
  )) {
    const sent = { type, title, detail, ...extensions }
    const translated = translateProblem(sent, language)
    expect([sent, translated.title !== title, translated.detail !== detail]).toEqual([sent, true, true])
  }
})

it('takes sentences for codes of the author', () => {
  const { errors } = translateProblem(problem(), 'fr', { 'plan-unknown': 'Ce forfait n’existe pas.' })
  expect(errors.map(({ detail }) => detail)).toContain('Ce forfait n’existe pas.')
})

it('translates a sentence by its code, and nothing that is unknown', () => {
  const refused = { type: 'urn:alfred:problem:body-too-large', title: 'a', detail: 'b', code: 'too-large' }
  expect(translateProblem(refused, 'fr')).toEqual({
    ...refused,
    title: 'Le contenu est trop volumineux',
    detail: 'Le contenu a plus d’octets que ce serveur n’en lit.',
  })
  const other = {
    type: 'https://example.com/p',
    title: 'a',
    detail: 'b',
    code: 'too-large',
    errors: [7, { code: 'x' }],
  }
  expect(translateProblem(other, 'fr')).toEqual(other)
  for (const language of ['tlh', 'constructor', '', undefined])
    expect(translateProblem(problem(), language)).toEqual(problem())
  const odd = { type: 'urn:alfred:problem:constructor', title: 'a', detail: 'b', code: 'constructor' }
  expect(translateProblem(odd, 'de')).toEqual(odd)
})

it.each([
  ['German', german],
  ['French', french],
])('%s has a sentence for every code, with the same members', (_name, { errors, units }) => {
  const membersOf = (sentence = ''): readonly string[] =>
    [...sentence.matchAll(/\{\w+\}/g)].map(String).sort()
  for (const [code, sentence] of Object.entries(english.errors))
    expect([code, membersOf(errors[code])]).toEqual([code, membersOf(sentence)])
  expect(Object.keys(errors)).toEqual(Object.keys(english.errors))
  expect(Object.keys(units)).toEqual(Object.keys(english.units))
})
