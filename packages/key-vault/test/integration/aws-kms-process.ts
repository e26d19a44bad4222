/** Keeps a vault under a key of KMS with AWS' own SDK: `<url> <key id>`. Prints the names of what went wrong, if asked right. */
import { KMS } from '@aws-sdk/client-kms'
import { createKeyVault, createMemoryVaultStore, keyEncryptionKeyFromAwsKms } from '@alfred/key-vault'

const [endpoint = '', keyId = ''] = process.argv.slice(2)
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const client = new KMS({ region: 'eu-central-1', endpoint, credentials, maxAttempts: 1 })
const keyEncryptionKey = keyEncryptionKeyFromAwsKms({ client, keyId })

const store = createMemoryVaultStore()
const writer = createKeyVault({ store, keyEncryptionKey })
await writer.promote('openai', await writer.stage('openai', 'sk-1'))
const vault = createKeyVault({ store, keyEncryptionKey })
await vault.ready()
const wrapped = await keyEncryptionKey.wrap(Buffer.alloc(32), { tenant: 'a' })
const moved: unknown = await keyEncryptionKey
  .unwrap(wrapped, { tenant: 'b' })
  .catch((error: unknown) => error)
process.stdout.write(
  JSON.stringify({
    key: vault.get('openai').reveal(),
    moved: moved instanceof Error && 'code' in moved ? moved.code : undefined,
  }),
)
