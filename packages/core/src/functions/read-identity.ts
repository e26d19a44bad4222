/**
 * Reads what a function of the application returned as the id of somebody: a non-empty string, or a finite number,
 * which becomes its text. `undefined`, `null` and `''` are nobody.
 *
 * @param name - the option, such as `identify`
 * @throws TypeError for everything else: an object that became a text would make everybody the same
 */
export function readIdentity(name: string, answer: unknown): string | undefined {
  if (answer === undefined || answer === null || answer === '') return undefined
  if (typeof answer === 'string') return answer
  if (typeof answer === 'number' && Number.isFinite(answer)) return String(answer)
  throw new TypeError(`${name} must return a string, a finite number or undefined, not ${typeof answer}`)
}
