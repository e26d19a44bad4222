import { expect, it } from 'vitest'
import { readStackFrames } from './stack-frames.ts'

it.each([
  [
    '    at load (/srv/app/load.js:3:7)',
    { function: 'load', file: '/srv/app/load.js', line: 3, column: 7, inApp: true },
  ],
  [
    '    at async load (file:///srv/load.js:3:7)',
    { function: 'load', file: '/srv/load.js', line: 3, column: 7, inApp: true },
  ],
  ['    at /srv/load.js:3:7', { function: undefined, file: '/srv/load.js', line: 3, column: 7, inApp: true }],
  [
    '    at Layer.handle [as handle_request] (/srv/node_modules/router/lib/layer.js:152:17)',
    {
      function: 'Layer.handle [as handle_request]',
      file: 'node_modules/router/lib/layer.js',
      line: 152,
      column: 17,
      inApp: false,
    },
  ],
  [
    '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    { file: 'node:internal/process/task_queues', inApp: false },
  ],
])('reads %s', (line, expected) => {
  expect(readStackFrames(`Error: at no place (x:1:2)\n${line}\n    at <anonymous>`)[0]).toMatchObject(
    expected,
  )
})

it('answers nothing for what is no stack', () => {
  expect(readStackFrames(undefined)).toEqual([])
  expect(readStackFrames('Error: at home')).toEqual([])
})
