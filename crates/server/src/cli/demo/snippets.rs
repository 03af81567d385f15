//! What a person copies from the terminal.

use std::path::Path;

use crate::cli::output::line;

/// Prints address, key and how to ask.
pub(super) fn print(url: &str, key: &str, model: &str, data_dir: &Path) {
    let data_dir = data_dir.display();
    line(format_args!(
        r#"
The gateway serves until Ctrl-C.

  address   {url}/v1
  key       {key}
  status    {url}/
  tools     tabway --data-dir {data_dir} status

curl -N {url}/v1/chat/completions \
  -H 'authorization: Bearer {key}' -H 'content-type: application/json' \
  -d '{{"model": "{model}", "stream": true, "messages": [{{"role": "user", "content": "Hello"}}]}}'

from openai import OpenAI
client = OpenAI(base_url="{url}/v1", api_key="{key}")
for chunk in client.chat.completions.create(
    model="{model}", messages=[{{"role": "user", "content": "Hello"}}], stream=True
):
    print(chunk.choices[0].delta.content or "", end="", flush=True)
"#
    ));
}
