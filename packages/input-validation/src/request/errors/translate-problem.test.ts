import { expect, it } from 'vitest'
import { z } from 'zod'
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
    code: 'c',
    errors: [7, { code: 'x' }],
  }
  expect(translateProblem(other, 'fr')).toEqual(other)
  expect(translateProblem(problem(), 'tlh')).toEqual(problem())
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
