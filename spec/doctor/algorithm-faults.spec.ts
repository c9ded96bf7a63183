import { certificate, changed, describeFaults, login, oauth, parts } from '../support/faulty-tokens.ts'
import { forgedJwt } from '../support/tokens.ts'
import { makeKeyPair } from '../support/key-pairs.ts'

const stranger = makeKeyPair('ec256')

describeFaults('algorithms', [
  {
    name: 'algorithm that is not allowed for the issuer',
    token: () => oauth({}, { algorithm: 'ES256' }),
    options: changed('login', { algorithms: ['RS256'] }),
    kind: 'algorithm-not-allowed',
    line: "Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): the token is signed with ES256, and login may use RS256 only. Fix: set algorithms: ['ES256'] on login, if it really signs so.",
  },
  {
    name: 'token signed with a shared secret',
    token: () =>
      forgedJwt({
        header: { typ: 'JWT', alg: 'HS256' },
        claims: { iss: login.issuer },
        algorithm: 'HS256',
        key: 'secret',
      }),
    kind: 'shared-secret',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): the token is signed with a shared secret ("HS256"), which is never accepted. Fix: have the issuer sign with RS256 or ES256.',
  },
  {
    name: 'algorithm in small letters',
    token: () =>
      forgedJwt({
        header: { alg: 'rs256' },
        claims: { iss: login.issuer },
        algorithm: 'RS256',
        key: certificate.privateKey,
      }),
    kind: 'algorithm-unknown',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): "alg" is "rs256", which is no known algorithm (RS256 is meant?). Fix: have the issuer sign with RS256 or ES256.',
  },
  {
    name: 'algorithm that nobody knows',
    token: () =>
      forgedJwt({
        header: { alg: 'ML-DSA-44' },
        claims: { iss: login.issuer },
        algorithm: 'RS256',
        key: certificate.privateKey,
      }),
    kind: 'algorithm-unknown',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): "alg" is "ML-DSA-44", which is no known algorithm. Fix: have the issuer sign with RS256 or ES256.',
  },
  {
    name: 'header without algorithm',
    token: () =>
      forgedJwt({
        header: { typ: 'JWT' },
        claims: { iss: login.issuer },
        algorithm: 'RS256',
        key: certificate.privateKey,
      }),
    kind: 'algorithm-missing',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): the header has no "alg". Fix: have the issuer write it.',
  },
  {
    name: 'algorithm of another kind than the certificate',
    token: () =>
      forgedJwt({
        header: { alg: 'ES256', x5t: certificate.x5t },
        claims: parts.actorClaims,
        algorithm: 'ES256',
        key: stranger.privateKey,
      }),
    options: changed('farm', { algorithms: ['RS256', 'ES256'] }),
    kind: 'key-kind',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): "alg" is "ES256", and the key of farm that the header names is of another kind. Fix: have the issuer write the algorithm that it signs with, and mend its key set.',
  },
  {
    name: 'algorithm of another kind than the JWK',
    token: () => oauth({}, { algorithm: 'ES256', header: { kid: 'RS256-0' } }),
    kind: 'key-kind',
    line: 'Refused (ERR_S2S_KEY_UNUSABLE): "alg" is "ES256", and the key of login that the header names is of another kind. Fix: have the issuer write the algorithm that it signs with, and mend its key set.',
  },
])
