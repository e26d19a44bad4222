import { type AdvisoryFigures, runAdvisories } from './run-advisories.ts'

/** Replays public advisories of our field as real requests and calls. */
export async function verifyAdvisories(): Promise<AdvisoryFigures> {
  const figures = await runAdvisories((line) => {
    console.error(line)
  })
  if (figures.open > 0 || figures.controlsOpen < figures.controls / 2) process.exitCode = 1
  return figures
}
