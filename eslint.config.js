import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import boundaries from 'eslint-plugin-boundaries'
import tseslint from 'typescript-eslint'

const features = [
  'security-headers',
  'rate-limit',
  'input-validation',
  'key-vault',
  'health',
  'metrics',
  'tracing',
  'alerting',
  'server',
]

const mayImport = (from, to) => ({
  from: { element: { type: from } },
  allow: { to: { element: { type: to } } },
})

export default defineConfig([
  globalIgnores(['**/dist', '**/coverage', '**/.data', '**/.cache', '**/node_modules', 'scripts/smoke/*.ts']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { boundaries },
    settings: {
      'import/resolver': {
        typescript: { conditionNames: ['@alfred/source', 'types', 'import', 'node', 'default'] },
      },
      'boundaries/elements': [
        { type: 'core', pattern: 'packages/core' },
        { type: 'feature', pattern: `packages/(${features.join('|')})`, capture: ['name'] },
        { type: 'umbrella', pattern: 'packages/prod-security' },
        { type: 'tooling', pattern: 'packages/(testkit|bench|verify)' },
        { type: 'example', pattern: 'examples/*' },
      ],
      'boundaries/ignore': ['**/*.test.ts', '**/test/**'],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unnecessary-condition': 'error',
      // Options are inferred from their rule; an interface gives them a name in the compiler's messages.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          message: 'The direction of imports is core <- features <- prod-security <- examples',
          policies: [
            mayImport('core', ['core']),
            mayImport('feature', ['core']),
            {
              from: { element: { type: 'feature' } },
              allow: {
                to: { element: { type: 'feature', captured: { name: '{{ from.element.captured.name }}' } } },
              },
            },
            mayImport('umbrella', ['core', 'feature', 'umbrella']),
            mayImport('tooling', ['core', 'feature', 'umbrella', 'tooling', 'example']),
            mayImport('example', ['core', 'feature', 'umbrella', 'example']),
          ],
        },
      ],
    },
  },
  {
    // Command-line entry points talk to a person.
    files: [
      'scripts/**',
      'packages/{bench,verify}/src/**',
      'examples/*/src/{main,migrate}.ts',
      'examples/*/src/banner.ts',
      'examples/*/deployment/{driver,backup}/main.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', fetch: 'readonly' } },
  },
])
