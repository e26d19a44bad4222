import type { Settings } from '../settings/settings.ts'
import type { Payee } from './budget.ts'

/** Who may answer, by the settings. */
export function payeesOf({ openai, anthropic, ollama }: Settings): readonly Payee[] {
  const payees: Payee[] = []
  if (openai) payees.push({ provider: 'openai', model: openai.model })
  if (anthropic) payees.push({ provider: 'anthropic', model: anthropic.model })
  if (ollama) payees.push({ provider: 'ollama', model: ollama.model ?? '' })
  return payees.length > 0 ? payees : [{ provider: 'demo', model: 'demo' }]
}
