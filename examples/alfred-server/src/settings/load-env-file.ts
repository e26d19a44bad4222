/**
 * Adds the variables of `.env` in the working directory to the environment, which wins. Loaded before everything that
 * reads the environment.
 */
import { loadEnvFile } from 'node:process'

try {
  loadEnvFile()
} catch (error) {
  // Nobody needs one.
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
