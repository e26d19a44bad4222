/**
 * Writes the Prometheus rules with their tests, the Alertmanager routes and the Grafana dashboards of the example:
 * `pnpm generate:monitoring [--runbook <url>]`.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { generatedFiles, monitoringFolder } from './monitoring/generated-files.ts'
import { defaultRunbook } from './monitoring/rule-files.ts'

const { values } = parseArgs({ options: { runbook: { type: 'string', default: defaultRunbook } } })
for (const [path, content] of await generatedFiles(values.runbook)) {
  const file = join(monitoringFolder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  console.log(file)
}
