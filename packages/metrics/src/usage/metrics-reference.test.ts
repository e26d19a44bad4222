import { expect, it } from 'vitest'
import { describeMetrics } from './describe-metrics.ts'
import type { LabelDeclaration } from '../instruments/label-declaration.ts'
import type { ResolvedDefinition } from '../instruments/metric-definition.ts'

/** A table as Prettier lays it out. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[], fill = ' ') =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`
  const [head = [], ...body] = rows
  const rule = line(
    head.map(() => ''),
    '-',
  )
  return [line(head), rule, ...body.map((row) => line(row))].join('\n')
}

const values = (declaration: LabelDeclaration): string =>
  'max' in declaration ? `at most ${String(declaration.max)}` : declaration.join(' ')

const labels = ({ labels: declared }: ResolvedDefinition): string =>
  Object.entries(declared)
    .map(([name, declaration]) => `\`${name}\`: ${values(declaration)}`)
    .join('; ')

const kind = ({ kind: name, buckets }: ResolvedDefinition): string =>
  buckets.length === 0 ? name : `${name}: ${buckets.join(' ')}`

const rows = describeMetrics().map((definition) => [
  `\`${definition.name}\``,
  kind(definition),
  definition.help,
  labels(definition),
])

const page = `# Metrics

Every metric that \`@alfred/metrics\` defines, as \`describeMetrics()\` lists it. A label takes the values that are named, or as many as it
says, and \`other\` for the rest. \`http_server_request_body_size_bytes\` and \`http_server_response_size_bytes\` come with \`http.sizes\`.

This page is made from the definitions: \`pnpm exec vitest run packages/metrics/src/usage/metrics-reference.test.ts --update\`.

${markdownTable([['metric', 'kind', 'what', 'labels'], ...rows])}
`

it('documents every metric as it is defined', async () => {
  await expect(page).toMatchFileSnapshot('../../../../docs/reference/metrics.md')
})
