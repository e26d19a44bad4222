import type { Variable } from './variable.ts'
import { variableGroups } from './variables.ts'

const head = `# Written by "pnpm generate:env". Copy to .env in the folder that Alfred is started from; the environment wins over it.
# An empty value counts as none. Each secret can come from a file instead: OPENAI_API_KEY_FILE=/run/secrets/openai.
`

/** The text of `.env.example`: every variable with what it is for, and its default where there is one. */
export function envExample(): string {
  const groups = Object.entries(variableGroups).map(([heading, variables]) => {
    const entries = Object.entries<Variable>(variables).map(([name, variable]) => entry(name, variable))
    return `\n## ${heading}\n\n${entries.join('')}`
  })
  return head + groups.join('')
}

function entry(name: string, { schema, about, isSecret, example = '' }: Variable): string {
  const file = isSecret ? ` (secret: or ${name}_FILE)` : ''
  return `# ${about}${file}\n#${name}=${asText(schema.parse(undefined)) ?? example}\n`
}

/** A default as somebody would write it. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
