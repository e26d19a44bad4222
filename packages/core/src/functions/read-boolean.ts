/**
 * Reads what a function of the application decided.
 *
 * @param name - the option, such as `cors.origin`
 * @throws TypeError for everything but `true` and `false`
 */
export function readBoolean(name: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError(`${name} must return true or false, not ${answer === null ? 'null' : typeof answer}`)
}
