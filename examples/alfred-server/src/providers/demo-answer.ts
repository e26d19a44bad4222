import type { Turn } from './chat-provider.ts'

/**
 * What the demo says: a scripted answer with everything that the page can show, so that a newcomer sees the product. It
 * says first that nobody thought about it.
 */
export function demoAnswer(turns: readonly Turn[]): string {
  const question = turns.at(-1)?.content ?? ''
  const characters = Array.from(question).length
  const messages = turns.filter((turn) => turn.role === 'user').length
  return `This is a demo answer: no AI provider is configured, so nobody thought about it.

You sent **${String(characters)} character${characters === 1 ? '' : 's'}**, message ${String(messages)} of this conversation. A real answer looks like this:

## Group a list by a key

\`Object.groupBy\` does it in one call:

\`\`\`ts
const users = [
  { name: 'Ada', team: 'core' },
  { name: 'Linus', team: 'kernel' },
  { name: 'Grace', team: 'core' },
]

const byTeam = Object.groupBy(users, ({ team }) => team)
console.log(byTeam.core?.length) // 2
\`\`\`

| way | result | keys |
| --- | --- | --- |
| \`Object.groupBy\` | plain object | strings and symbols |
| \`Map.groupBy\` | \`Map\` | any value |

1. Use \`Map.groupBy\` when keys are objects.
2. Both keep the order of the list.

Set \`OPENAI_API_KEY\`, \`ANTHROPIC_API_KEY\` or \`OLLAMA_HOST\` and start Alfred again to get real answers.`
}
