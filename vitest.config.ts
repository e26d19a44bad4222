import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import projects from './vitest.workspace.ts'

/** Two on the smallest machine, too: tests with servers of their own spend most of their time waiting for them. */
const maxWorkers = Math.max(2, availableParallelism() - 1)

export default defineConfig({ test: { projects, maxWorkers } })
