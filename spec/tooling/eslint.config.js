import tseslint from 'typescript-eslint'

const nodeTestCalls = ['describe', 'it', 'test', 'before', 'after', 'beforeEach', 'afterEach']

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**', 'spec/bench/**', '**/*.js', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: process.cwd() } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: nodeTestCalls }] },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['lib/**/*.ts', 'example-app/**/*.ts'],
    rules: {
      complexity: ['error', 8],
      'max-lines': ['error', 200],
      'max-lines-per-function': ['error', 40],
      'max-params': ['error', 3],
    },
  },
  // Express tells an error handler by its four parameters.
  {
    files: ['lib/express/error-responder.ts', 'example-app/console/answer-error.ts'],
    rules: { 'max-params': ['error', 4] },
  },
  { files: ['example-app/**/*.ts', 'spec/tooling/**/*.ts', 'spec/**/*.ts'], rules: { 'no-console': 'off' } },
)
