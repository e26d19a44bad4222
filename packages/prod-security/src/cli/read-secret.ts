import type { CommandEnvironment } from './command-environment.ts'
import { UsageError } from './command-error.ts'

const maxSecretBytes = 65_536

/**
 * Reads a secret from standard input, without the line end that a shell or an editor adds.
 *
 * @param usage - the command to show, as in `keys add openai`
 * @throws UsageError when nobody gives one
 */
export async function readSecret({ stdin }: CommandEnvironment, usage: string): Promise<string> {
  const hint = `the key comes on standard input, where no other process can read it:\n\n  read -rs KEY && printf %s "$KEY" | alfred-security ${usage} …`
  if (stdin.isTTY) throw new UsageError(hint)
  let text = ''
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > maxSecretBytes)
      throw new UsageError('what came on standard input is too long for a key')
  }
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new UsageError(`standard input is empty; ${hint}`)
  return secret
}
