import { type ProxyFigures, tryProxies } from './try-proxies.ts'
import { frameworkNames } from '../../../prod-security/test/support/frameworks.ts'

/** Sends the header forms of all proxies, with attempts to spoof them, through the whole stack on every framework. */
export async function verifyProxies(): Promise<ProxyFigures> {
  const runs: ProxyFigures[] = []
  for (const framework of frameworkNames) {
    runs.push(
      await tryProxies(framework, (line) => {
        console.error(line)
      }),
    )
  }
  const sum = (figure: Exclude<keyof ProxyFigures, 'forms'>): number =>
    runs.reduce((total, run) => total + run[figure], 0)
  const figures: ProxyFigures = {
    forms: runs[0]?.forms ?? 0,
    requests: sum('requests'),
    wrongAddress: sum('wrongAddress'),
    wrongScheme: sum('wrongScheme'),
    wrongBucket: sum('wrongBucket'),
    controlWrong: sum('controlWrong'),
  }
  const { wrongAddress, wrongScheme, wrongBucket, controlWrong } = figures
  if (wrongAddress + wrongScheme + wrongBucket > 0 || controlWrong === 0) process.exitCode = 1
  return figures
}
