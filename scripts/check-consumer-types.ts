/** Checks the types of the installed packages in projects as users have them, with each TypeScript that they may have. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The compilers, by the name that the project installs them under. */
export const typeScripts = {
  'typescript-5.9': 'npm:typescript@5.9',
  'typescript-6': 'npm:typescript@6',
  'typescript-7': 'npm:typescript@7',
}

/**
 * What projects say of their modules, with the compilers that check them: every project with the oldest, which knows
 * least, and the one that most have with each. CommonJS with `node16` is not here: TypeScript refuses every ES module
 * there.
 */
const oldest = ['typescript-5.9']
const projects = [
  { type: 'commonjs', module: 'commonjs', compilers: oldest },
  { type: 'commonjs', module: 'nodenext', compilers: oldest },
  { type: 'module', module: 'node16', compilers: oldest },
  { type: 'module', module: 'nodenext', compilers: Object.keys(typeScripts) },
  { type: 'module', module: 'esnext', moduleResolution: 'bundler', compilers: oldest },
]

/**
 * @param root - a project with the packages and {@link typeScripts} installed
 * @param consumer - the file that is checked
 * @throws what the first compiler says that finds an error
 */
export async function checkConsumerTypes(root: string, consumer: string): Promise<void> {
  for (const { type, compilers, ...modules } of projects) {
    const name = `${type} ${modules.moduleResolution ?? modules.module}`
    const folder = join(root, name.replace(' ', '-'))
    await mkdir(folder)
    await copyFile(join(root, consumer), join(folder, consumer))
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }))
    const compilerOptions = {
      ...modules,
      strict: true,
      target: 'es2022',
      esModuleInterop: true,
      noEmit: true,
      types: ['node'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [consumer] }))
    for (const typeScript of compilers) {
      await run('node', [join(root, 'node_modules', typeScript, 'bin', 'tsc'), '-p', folder])
      console.log(`ok    types    ${name}, ${typeScript}`)
    }
  }
}
