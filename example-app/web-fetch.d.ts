// The types of the MCP SDK name it as browsers do; Node's own types have it under another name.
type HeadersInit = NonNullable<RequestInit['headers']>
