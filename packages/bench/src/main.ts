import { areas } from './areas.ts'
import { runBench } from './run-bench.ts'

process.exitCode = await runBench(process.argv.slice(2), areas, {
  result: (line) => {
    console.log(line)
  },
  progress: (line) => {
    console.error(line)
  },
})
