import { z } from 'zod'
import { optionsObject } from '../foundation/parse-options.ts'

/**
 * How a proxy writes a client certificate into a header: `rfc9440` (`Client-Cert`, base64 DER between colons),
 * `escaped-pem` (URL-encoded PEM: nginx's `$ssl_client_escaped_cert`, AWS ALB; PEM with spaces for line ends, as Apache
 * writes it, is read too), `base64-der` (haproxy's `ssl_c_der,base64`, Traefik 3), `xfcc` (Envoy's
 * `X-Forwarded-Client-Cert`).
 */
export type CertificateEncoding = 'rfc9440' | 'escaped-pem' | 'base64-der' | 'xfcc'

/** Where the client certificates of callers come from. Both at once is not possible: with a header the connection is the proxy's own. */
export type ClientCertificateOptions =
  | {
      /**
       * `socket`: the TLS connection that reached Node, which needs `requestCert: true` (and `rejectUnauthorized: false` for
       * self-signed ones). Whoever holds that connection is the caller.
       */
      readonly from: 'socket'
    }
  | {
      /** `header`: one header of a proxy that ends TLS. Believed only from peers that Express's `trust proxy` names. */
      readonly from: 'header'
      /** Its name. The proxy must overwrite it in every request, also where no certificate came. */
      readonly header: string
      /** How the certificate is written there. */
      readonly encoding: CertificateEncoding
    }

/**
 * Strict schema of `clientCertificates`.
 *
 * @internal
 */
export const clientCertificateSchema = z.discriminatedUnion('from', [
  optionsObject({ from: z.literal('socket') }),
  optionsObject({
    from: z.literal('header'),
    header: z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name without underscores'),
    encoding: z.enum(['rfc9440', 'escaped-pem', 'base64-der', 'xfcc']),
  }),
])
