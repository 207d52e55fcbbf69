// SPDX-License-Identifier: Apache-2.0
// Texts with secrets and personal data, all made up. Keys are written in two pieces, so that scanners stay quiet.
#include "codec/redaction/testing/labelled_texts.hpp"

#include <array>

namespace orchestrator::harness::codec::testing {
namespace {

constexpr auto kTexts = std::to_array<std::string_view>({
    "connecting with «secret|zebra-Lantern-4471» as operator",
    "2026-11-30T09:12:44Z DEBUG handshake payload=«secret|vault/Quark&77 \"x\"» ok",
    "{\"blob\":\"«secret|emVicmEtTGFudGVybi00NDcx»\"}",
    "X-Trace: YX«secret|plYnJhLUxhbnRlcm4tNDQ3M»Q==",
    "echo YWJ«secret|6ZWJyYS1MYW50ZXJuLTQ0Nz»E= | base64 -d",
    "hexdump: «secret|7a656272612d4c616e7465726e2d34343731»",
    "DUMP «secret|7A656272612D4C616E7465726E2D34343731» END",
    "GET /cb?state=«secret|vault%2FQuark%2677%20%22x%22»&n=1",
    "form body: v=«secret|vault%2FQuark%2677+%22x%22»",
    "{\"note\":\"«secret|vault/Quark&77 \\\"x\\\"»\"}",
    "nested «secret|vault/Quark&77 \\\\\\\"x\\\\\\\"» string",
    "{\"wort\":\"«secret|Gr\\u00fc\\u00dfe_an_42_K\\u00e4se»\"}",
    "Er schrieb: «secret|Grüße_an_42_Käse», dann ging er.",
    "user pasted «secret|zebra-Lantern-4471»«secret|zebra-Lantern-4471» twice",
    "error: invalid key «vendor_key|sk"
    "-krQEgouWa572TdxCmaqH4Ia7bP1ofea3ytBMzDEjq2CcpuE2» for project",
    "  key = \"«vendor_key|sk"
    "-proj-6nctQRmdlmJwfz4VbfLnFE8K0TXEa4rhiMUbxp_EKcK2du3VY4jiW-QK4XhgYgcd»\"  # prod",
    "const client = new Client({ k: '«vendor_key|sk"
    "-ant-api03-O-I9O_4gxPJ-2cylMHNF2uZA3IQxgwj-0uRBncuDY8egYiOjTi1obKihecYvKAwElQxRxtJbOU8ruTBXAA»' });",
    "curl -s https://h.example/v1 -H \"X-Custom: «vendor_key|AI"
    "zaznqCAMGO9gNfDOPB6p1b39-khTO1105eH4Y»\"",
    "my key is «vendor_key|gs"
    "k_HLc5DbrF1M0ChEytFnPemPVHONg7P1oH0AHXY3N80vlvnvK2YdcM» please test",
    "{\"k\":\"«vendor_key|gh"
    "p_cOTGiWQ8l0gpuC0v90rPbTwJlmtu6raWDrdz»\",\"n\":3}",
    "2026-11-30 09:12:01,311 WARN retry with «vendor_key|gh"
    "o_hgADTkBVBdADBwTfixv7HJvETSORHVal3aga» (attempt 2)",
    "| prod | «vendor_key|gi"
    "thub_pat_2rt21JDfuBZbBepjA7D1Bv_er7J4Cpu2DkTzJuWVLIQB8E1CNmC5d0fM1Wp0xa0NrSQtVRnVEQvh83MO4D» | rotated |",
    "id,value,owner\n17,«vendor_key|gl"
    "pat-SmLomHPWLWTC0cRG7GDH»,ops\n",
    "- «vendor_key|xo"
    "xb-925746603619-610890318965-Q0YXu13Kp1iLvGtDiWL2pdgS»\n",
    "git clone https://«vendor_key|xo"
    "xp-15840914229-20690956897-508228441867-9f732eb823a39918c015b6216ea8e6e9»@code.example/x.git",
    "echo «vendor_key|sk"
    "_live_vQ8LLYjCsn7MF0jb1ZmPDBzi» > .k",
    "<add key=\"k\" value=\"«vendor_key|rk"
    "_live_JDHKqXnAZtKpO2t0FOoyCPqv»\"/>",
    "see «vendor_key|AK"
    "IAP5GPWAAWYESK"
    "3GBF».",
    "(«vendor_key|AS"
    "IAAKPIL4MRZ47MSL4O»)",
    "k=«vendor_key|np"
    "m_6n0tv9YKjvLbloJycgXLqBe7IQ5wdc4IWnpT»&x=1",
    "`«vendor_key|py"
    "pi-AgEIcHlwaS5vcmc9HSSdXKZDLzD9EBdwaclbQMVwfOJPC9VVWY2d-USg4oBUdaYAWKlSXD-11jLcF0dGww-x2WJ4kG2ExOHgvxLqEVsQ27LmXr_"
    "uXfkKQzLQxVt1TVuMu-8t3Hv»`",
    "\"«vendor_key|hf"
    "_eLLAqymDKonGccVTiKPITy76sOAJAZ5MEM»\",",
    "//registry.example/:_k=«vendor_key|SG"
    ".kZG3w4Bfp6nosZOeUMANv9.tq6ooT9tH1f-t51E8KFfiB8SE7UfC0RxRKVMzHwWdU1»",
    "login -u ci -p «vendor_key|SK"
    "a1a46c4b082dc745bbf052a53c99fd26» host",
    "error: invalid key «vendor_key|sk"
    "-or-v1-b2a06a3aeb77142c95c70421e762302a163af16b55fef39b4a96610250b43b72» for project",
    "  key = \"«vendor_key|do"
    "p_v1_973e318303383db9a1710536f246c4922a67daa712867c37a207a25983c8719f»\"  # prod",
    "const client = new Client({ k: '«vendor_key|sh"
    "pat_4bdefdc4350f80bd8008180e6dd36056»' });",
    "curl -s https://h.example/v1 -H \"X-Custom: «vendor_key|da"
    "pie6b1b436b2e3afa5dfe93646a77989ab»\"",
    "my key is «vendor_key|hv"
    "s.g92Wu247r9lbQfkD1-esZrlAXHnGsT6_H-2uzPPdygiKq9HTjxLT5i7HG_AyVsvZVhxClT4vcthUEHosTLkw2vP22l» please test",
    "{\"k\":\"«vendor_key|GO"
    "CSPX-km8QlNi3XnZX4JD7lU3LEWHSsU19»\",\"n\":3}",
    "2026-11-30 09:12:01,311 WARN retry with «vendor_key|sk"
    "-svcacct-1G6Ch_3cyPJdA_2-9rcEORzZYHKip0k1Y-qZ7iU_1-YhjiR5tSW805anwxiZ» (attempt 2)",
    "| prod | «vendor_key|gs"
    "k_PJ3jOJX65HmfVaMXGi0j3iPgifLtAjd1sT4PfUdoSwiH3RdaVoSj» | rotated |",
    "id,value,owner\n17,«vendor_key|gl"
    "ptt-e8fe2618bf8f104eff52e7104442082032e1ce45»,ops\n",
    "- «vendor_key|wh"
    "sec_de3gTkKv0wFZ4IRYSltjU2GEFlO7Cj5y»\n",
    "cookie session «vendor_key|ey"
    "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey"
    "JzdWIiOiJ6OWdKaUlnUElUIiwiaWF0IjoxNzAwMH0.kEdR0zu75NkxdTRHgnzgKjJGdlymsfjqNWGpe9RmiSh» set",
    "id: «vendor_key|ey"
    "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey"
    "JzdWIiOiJtV09VU0N1RlR1IiwiaWF0IjoxNzAwMH0.ry5h1tPzAO9tu7lC603h20Q750U33wqLIK3KsBSed-p»",
    "[\"«vendor_key|ey"
    "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey"
    "JzdWIiOiJ1SG9Gb0RlTFhBIiwiaWF0IjoxNzAwMH0.pgOS61TrOK5BayHVEy6rqsFHK3o8G90_MK6mWM8womF»\"]",
    "wss://h.example/s?t=«vendor_key|ey"
    "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey"
    "JzdWIiOiIyQlYwZ2RheEphIiwiaWF0IjoxNzAwMH0.B_jJYRRX4ZePtrmiRqe0TleAn97geg286ZUEdKMjPje»",
    "https://api.telegram.example/bot753934879:«vendor_key|AAhbmNp22Ii0Zx_INMgUqy-aN6dzV5TT6mf»/sendMessage",
    "bot 741148851:«vendor_key|AAj5dtRMBv4pPyxj8DLVzNz0KKT6LAe6zko» started",
    "cat id_rsa\n«vendor_key|-----BE"
    "GIN RSA PRIVATE "
    "KEY-----\nqlyjvGR1ZzEB47pCExoFCqOI5Ut5xTCT3lFqQ7xRYtRsDI9ETdjzC0AYcQQ6fh/"
    "L\n20kCKYM5G2DX7Z8Zm9kzbL2dAn4gCjyj54E3hEsvF64jBt/TPQeTcra1R2QN+OgN\n9XT/"
    "Nj0dpS0F7UKcxJcLEQLDFEoLNMKdQhNf4fLwN3aocukiC508zL4T7xd+THDm\n8OSLFUJg5Jxq89im0r/"
    "DtBpE57vJanKEK0vyZVtnbGkPXRdzqAKoVBGf/DvwZeFy\n-----END RSA PRIVATE KEY-----»\n$ ls",
    "«vendor_key|-----BE"
    "GIN PRIVATE "
    "KEY-----\nBlwdZSA8gsvNV/NY5rhjm5P1RP1tkra3rGKADojQCXkpKRptrc9iIwlAQdHPAbPX\nrGngEgMWyfGBKCR9MOUr4g4iIG/"
    "JBW4ZV6pJ1o/EbjhDMIZl9ji5pmaGwHzDsI4a\nMVzBXJmgNyxsXHYAPp6XVn2JPRftnZiebxUiL5jtfa831WcCtMWYcfJgG68mwjK/"
    "\nGYNbS86czHFXKmLt8TaBWkaU7Bwv2Ou3NHD6emqSK"
    "VMC4dJWTcE9tglooZcxyHqL\n-----END PRIVATE KEY-----»",
    "key: |\n«vendor_key|-----BE"
    "GIN OPENSSH PRIVATE "
    "KEY-----\njQYRCUU89Asn5pHfwd13+RX3k4qaQHPX/LvTPUX3ZLH7BCZIFZHT/"
    "nahnyAs56Ov\nGWWDEz9tRHlfFsS94Qzo1VBfk5NzHK4nU9IA+PiTjkRvFxLUr7Gn/nzVW2Aryve/"
    "\nQLO9Z48nBS4qQ66aF6C6O1uSMDPjoAMZOQw68zXG8esP/V0UJNsZ4oCckho71AZM\nzWO4Ye0nIbAE4/EYcRWwR/"
    "qHFQPj6V2QlXclOpjPh+hq+Djbsl05BhWjgSIasD/+\n-----END OPENSSH PRIVATE KEY-----»\nother: 1",
    "{\"pem\":\"«vendor_key|-----BE"
    "GIN EC PRIVATE "
    "KEY-----\\nJEjaptUdGwEBsWKAfrfsyU2W2+rIUyQWrSzq6e+rQSSJXu2JgD641tDtrMRsoaZ/"
    "\\nS2JgeVOAz1HSWjNjWQkQVgjoP5fTt0djMQnvkIL4VlmQzqqTvDNY18DYyZA6CrLT\\n/"
    "WRciNKQIM37QIDfZW9UyyxqSgX7wRsksWLYAPPDtAZXlXrRS+DcGoXEEps330xa\\nquK1+2435E19EcTPcOFwiyUi03/"
    "bN3bFIPPM16obscz9poFaMx9UPlOYD6r5mGBd\\n-----END EC PRIVATE KEY-----»\"}",
    "half: «vendor_key|-----BE"
    "GIN RSA PRIVATE "
    "KEY-----\nUcZ3Cv8oxhMzpMtS8UX8P903b/8Mq3qVVBCzjvmzZwvJMoEEr2/H+3Oy/"
    "9kiQUjF\nXlgI1Sxgye3VpZ6ia3EH8lfC1mmlFKvbQsbAnVT+4+"
    "Cpp6OhpKnlO7LfDSvfIYXr\n5VzGVEMnPcsPhdpUBPMb3vPZ9kooegI1vWFjm7KSF/3TLJ/OL853gyf7O+s1O/ZY»",
    "DATABASE postgres://app:«vendor_key|s3cr3t-Pa55»@db.internal:5432/app",
    "mongodb+srv://root:«vendor_key|Tr0ub4dor»@cluster0.example.net/?retryWrites=true",
    "redis://:«vendor_key|p4ssw0rd99»@cache:6379/0",
    "amqp://guest:«vendor_key|guest-rabbit»@mq:5672",
    "\"mysql://root:«vendor_key|toor%21»@127.0.0.1/shop\"",
    "proxy http://bob:«vendor_key|hunter22»@10.0.0.2:3128 used",
    "hook https://ho"
    "oks.slack.example/services/«vendor_key|TPBECGQ45/BSSNOS2YR/Og6xloQkAqUgX6iQQomjmmpY»",
    "password=«name|hunter2»",
    "DB_PASSWORD=«name|swordfish»\nDB_HOST=localhost",
    "export AWS_SECRET_ACCESS_KEY=«name|+WLWCPHRm/26Q8tuBbb0eLIKHdUqWTOlenhLL3/I»",
    "{\"api_key\": \"«name|k-ppfMhlXIlN»\"}",
    "{'clientSecret': '«name|Ume8jYpb-bqmHasftEwp»'}",
    "Authorization: Bearer «name|RolfbuDgDZLDk5CiDbz1_5V0R41Q-KYh1yuu79Uy»",
    "X-Api-Key: «name|b3f71cfc8dee4ec7c0d5e6a436abcc9f»",
    "mytool --token «name|wwwrNk2A9PNgId1FDMUxYu2R» --verbose",
    "mytool --api-key=«name|uwiWKRbW0nQwe6EbF77M» run",
    "authorization: Basic «name|am9lOnBhNTV3b3Jk»",
    "password: «name|S3cure!pass»\nuser: joe",
    "  passwd: «name|swordfish»\n",
    "const apiKey = \"«name|abc123-def456»\";",
    "let dbPassword = '«name|correct horse battery»';",
    "os.environ[\"API_TOKEN\"] = \"«name|tok_p7ZSjvFKaBZv»\"",
    "Server=db;User Id=sa;Password=«name|Pa$$w0rd»;Encrypt=true",
    "https://api.example/v1?api_key=«name|L9LegoZZQVPSAO8o»&page=2",
    "GET /maps?key=«name|FoxcFhPtb2rkrXslUMvE» HTTP/1.1",
    "secret_key: \"«name|lpWdg8GnH1VEFkE6QDgosE-xmblRnd»\"",
    "ACCESS_TOKEN=\"«name|8e92b95f623bd0b790bafffb21a8e8f96d3be84c»\"",
    "spring.datasource.password=«name|letmein1»",
    "<param name=\"x\"/>\nadmin_password = «name|Winter2026!»",
    "client_secret=«name|2cfc689d6b08f7ad4465ec37»&grant_type=client_credentials",
    "\"password\":\"«name|qwerty»\"",
    "my password is «name|Blue4Tiger», do not tell",
    "the token is «name|a8f5f167f44f» for now",
    "API key: «name|9f8e7d6c5b4a»",
    "api-key: «name|zx81-spectrum»",
    "{\"refreshToken\":\"«name|6ysbH64n53prrCoj2-eAKCXD6T6ExTo8n0Ld»\",\"expires\":3600}",
    "{\"user\":{\"passphrase\":\"«name|open sesame now»\"}}",
    "curl -H \"Authorization: token «name|1e32425ef463462770f126caf937ec86b294e9c7»\" https://x.example",
    "curl -H 'X-Auth-Token: «name|24ZKC7KxbZZ59eD0pd»' https://x.example",
    "REDIS_PASS=«name|r3dis»",
    "JWT_SECRET=«name|keyboard-cat-99»",
    "private_key = \"«name|0a95e330262a4f9aa00330f58245bc7a653d18e5807278ce45b5fd9d69c5d598»\"",
    "log: {\\\"password\\\":\\\"«name|esc4ped»\\\"}",
    "set PGPASSWORD=«name|pg-pass-1»",
    "ENV GITHUB_TOKEN=«name|58bab304aaf1221a1479f3e724868f978b705aca»",
    "smtp_password = \"«name|mail4you»\"",
    "AccountKey=«name|8WXYejYoBn4MwcXdf/"
    "uU8akBascIc1kIJAoXcdTYmcrWcsdMDEKjvt5HPZaZCokrUn5hBMy3GI74TMlVwzBN8Q==»;EndpointSuffix=core.example",
    "signing-key: «name|c9d7582cbdc99d12557b1f971e04f453d1b047ff8a192135»",
    "encryptionKey: \"«name|tgdtSIUOILOQ2XPA5k0hleRbhUjoXLYs»\"",
    "password\t=\t«name|tab5eparated»",
    "--password «name|pw-on-cli-1» --user x",
    "PASSWORD:=«name|assign3d»",
    "\"Authorization\" => \"Bearer «name|hnIINyDnsIyBbBwJKdGrA3pq»\"",
    "webhook_secret = \"«name|wh-10f2a8eba494»\"",
    "kubectl create secret --from-literal=password=«name|k8s-pass»",
    "password=«name|abc»&user=joe",
    "user=joe&password=«name|def45»&x=1",
    "rotated to «entropy|BpAapzB3H9ndNBSjahkBbOV9k9f3qZSeqmaKxOvk» yesterday",
    "\"«entropy|aewskuH8EkE4gWcRaf3qSaye7IkYdBpF»\"",
    "value,«entropy|/7XVs8fg8j2uh5fXFCTW2owiRlAHDlwMGc7zqMbWuNSSDbRQ»,x",
    "const k = \"«entropy|dTLw6Tctih3Lneux4rHCTeAjem1a2ldqm9uwEepQn9GA»\"",
    "pasted: «entropy|vnVFIiDPn1VvuYm8tdImtYrM9zBVFYd-olUgG7bbXm9»",
    "deploy with «entropy|3vVwuypyDAb2tEGM0qkquW3kTsBG»",
    "- «entropy|TbcERnQOMMhab/UrxDGB0Fe1sD7puoKN+RM00e2P5TfL»\n",
    "x=«entropy|xEqz5DJSSwFJQpIM42jntcIgzyr4piPW0gjq»",
    "(«entropy|KBARXprWROWCRsiSn0m3aBzYzoNjQmmTBHLdUBx7fIfVMQ1BGFQ1CbRQm5lSDuTg»)",
    "use «entropy|tOxjoL4_Z26g0HbHXWFTiQ0RwormkY34O2zcMZHJTpNpWsFj» as the value",
    "key material «entropy|8nMNJ2ejXe59XTDN6QhwO0VkyaCBvPcHHGOLXmIpVZvCB9K9avnnWL+zcr6WfTdF»",
    "log: received «entropy|5pWZmpGqiLjhemyBfTLD07NK» from peer",
    "|«entropy|KCbAwJO7mc6SSzcnEGPWj34ZAi3AJJAB7aDGJ2oF»|",
    "old «entropy|NOUWvS2cwZfwZadXAadTetM45WTemO» new «entropy|wEF5fFefk7vyNHvNfFPMxxtQSWpnEo»",
    "«entropy|vtohRRqst3ozBZ1K2fmMybDxvPfLyTMftPQwGMdCOyB7O0bDH5»\n«entropy|"
    "SazgZlQxsaWALsr4zOYP1UxCMxuJjCvVvPOaOZxgzdSesmpcN1»",
    "cfg «entropy|DKtVPnuiozjc13kvSeb12J+xt+SNLHPUz8y6XcG/vJze5SdreGoLRI9qZ5ny» end",
    "seed=«entropy|qxAgvjRxhPeF1CezfJapMBw9xa2»",
    "Contact «email|joe.miller@example.com» for help",
    "From: Joe <«email|a_b+tag@mail.example.co.uk»>",
    "{\"email\":\"«email|INFO@FIRMA.EXAMPLE»\"}",
    "id,mail\n4,«email|x.y-z@sub.domain.example.org»\n",
    "author = \"«email|support@acme-corp.example»\"",
    "Signed-off-by: J M <«email|first.last99@uni-bonn.example»>",
    "«email|o@q.example» wrote:",
    "cc: «email|root@mail.server.example», boss",
    "user=«email|maria_s@posteo.example»&x=1",
    "see («email|dev+ci@build.example.io»).",
    "«email|ann@example.com»;«email|bob@example.com»",
    "to «email|eve@x.example.com», «email|dan@y.example.com» and others",
    "git commit by Ann Lee «email|ann.lee@corp.example»",
    "https://h.example/u?email=«email|p.q@example.net»&s=1",
    "card «card|4982 3138 6936 9414» exp 04/29",
    "pan=«card|5194518231364700»",
    "{\"card\":\"«card|373234384437244»\"}",
    "Please charge «card|2223-3767-1307-9029» today",
    "4,«card|6011125295196538»,EUR,19.99",
    "Kreditkarte: «card|4539 7949 2684 4812»",
    "number: «card|3530483209991570»\n",
    "VISA «card|36487053399991» CVC 123",
    "paid with «card|6227 7912 1883 7571».",
    "(«card|5513-2210-5784-3196»)",
    "card «card|3423 489850 96650» exp 04/29",
    "pan=«card|4997065962727236»",
    "{\"card\":\"«card|6561 7014 9523 0980»\"}",
    "Please charge «card|6759605019762802» today",
    "IBAN «iban|DE51 6668 6619 7129 4338 71»",
    "transfer to «iban|GB62NWBK12936755517377» by Friday",
    "{\"iban\":\"«iban|FR137064551091JH1729957AG87»\"}",
    "konto;«iban|NL49 INGB 3641 4223 03»;EUR",
    "Bankverbindung: «iban|AT856751843968489631», BIC INGDDEFF",
    "pay «iban|CH9124080918333808588» now",
    "«iban|ES35 4583 6954 2427 6687 3854»\n",
    "account=«iban|IT05X3177614212176269932352»",
    "IBAN «iban|BE34295216466006»",
    "transfer to «iban|PL86 3944 2882 5067 0935 8647 8011» by Friday",
    "{\"iban\":\"«iban|NO0481848929962»\"}",
    "konto;«iban|SE7052613462383118973328»;EUR",
    "call «phone|+1 415 555 0132» today",
    "Tel.: «phone|+49 30 901820»",
    "{\"phone\":\"«phone|(415) 555-0199»\"}",
    "my number is «phone|415-555-0143», thanks",
    "name;«phone|+44 20 7946 0958»;city",
    "WhatsApp «phone|+33 1 70 36 39 50»\n",
    "Fax «phone|030 9018 2034»",
    "ring «phone|+4915123456789».",
    "call «phone|0171 5557788» today",
    "Tel.: «phone|01 70 36 39 51»",
    "{\"phone\":\"«phone|+1-202-555-0171»\"}",
    "my number is «phone|+41 44 668 18 00», thanks",
    "name;«phone|(030) 901820»;city",
    "WhatsApp «phone|07700 900123»\n",
    "<password>«name|hunter2!»</password>",
    "<apiKey>«name|cs47yjirZZ7LNaC8JCSIsS8U»</apiKey>",
    "password: str = \"«name|abc123!x»\"",
    "let token: string = \"«name|qyogcokSaK»\";",
    "curl -u admin:«name|S3cretPw» https://x.example",
    "Cookie: session=«name|jsyem2OK7IN8M4WoxxNtwWy31THv-scg»; theme=dark",
    "user/pass is joe/«name|Blau7fish»",
    "password:\n  «name|hunter2»",
    "the api key we use: «name|407d9179b5f44792208f2e6edbb629e2»",
    "-p«name|r00tpw» -u root",
    "const headers = { \"x-api-key\": `«name|qPKQaWyAy7QMOP84Okgt»` }",
    "PASSWORD = \"«name|Winter 2026»\"",
    "passwort: «name|Geheim123»",
    "creds = (\"joe\", \"«name|p4ss!word»\")",
    "sqlplus scott/«name|t1ger»@db",
    "key «entropy|WNnFXBEM2NZ3OTNHFUYbM1»",
    "«entropy|566f330061ef3cd3dff2ff7d48d63e1e» is the key of the api",
    "net use \\\\host\\share «name|Sh4re!pw» /user:joe",
    "auth_token => «name|zz91kk20ff»",
    "password=«name|p@ss;w0rd!x»",
    "joe (at) mail: «email|j.o.e+x@a-b.example.com»",
    "card no «card|4012.8888.8888.1881»",
    "iban «iban|de89 3704 0044 0532 0130 00»",
    "tel:«phone|+1(415)5550132»",
    "phone «phone|555-0132»",
    "ph. «phone|+86 138 0013 8000»",
    "mail «email|info@müller.example»",
    "export TOKEN; TOKEN=«name|plainlettersonly»",
    "\"secret\" : \"«name|s p a c e d 9»\"",
    "access_key_id: «vendor_key|AK"
    "IAT6UVU5SNLNXK4VWA» secret_access_key: «name|4xHvE4JbORgH8EqNtwTOKCBZKahZn+sqM5TZjvSa»",
});

}  // namespace

std::span<const std::string_view> labelled_texts() { return kTexts; }

}  // namespace orchestrator::harness::codec::testing
