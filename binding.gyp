# The addon: C17 over Node-API, with libcurl, OpenSSL and jansson linked in and hidden.
#
# The libraries come from scripts/deps, which builds them when they are missing. SBX_WERROR=1 makes warnings errors.
{
  'variables': {
    'deps': '<!(scripts/deps --path)',
    'werror': '<!(node -p "process.env.SBX_WERROR === \'1\' ? \'-Werror\' : \'-Wno-error\'")',
  },
  'make_global_settings': [
    ['LINK', '$(CC)'], # gyp would link C with a C++ compiler, and want its library
  ],
  'targets': [
    {
      'target_name': 'agent_os_sandbox',
      'sources': [
        '<!@(node -p "[\'wire\', \'core\', \'core/http\', \'core/companion\', \'napi\'].flatMap((dir) => fs.readdirSync(\'src/\' + dir).filter((file) => file.endsWith(\'.c\')).map((file) => \'src/\' + dir + \'/\' + file)).join(\' \')")',
        'build/companion/programs.c', # from scripts/build-companion
      ],
      'include_dirs+': [ # before the headers of whichever Node runs this
        'node_modules/node-api-headers/include',
        'src',
      ],
      'defines': [
        'NAPI_VERSION=9',
        'CURL_STATICLIB',
        '_GNU_SOURCE',
      ],
      # node's common.gypi asks for warnings and inline limits of its own; what it sets last is taken back here.
      'cflags!': ['-Wno-unused-parameter'],
      'cflags': [
        '-isystem', '<(deps)/include',
        '-Wall', '-Wextra', '-Wconversion',
        '<(werror)',
        '-g',
        '-fvisibility=hidden',
        '-ffunction-sections',
        '-fdata-sections',
        '-ffile-prefix-map=<(module_root_dir)=.',
      ],
      'cflags_c': ['-std=c17'],
      'ldflags': [
        '-Wl,--version-script=<(module_root_dir)/scripts/exports.map',
        '-Wl,--exclude-libs,ALL', # the libraries' symbols stay ours: node exports an OpenSSL of its own
        '-Wl,-Bsymbolic',
        '-Wl,--gc-sections',
        '-Wl,-z,relro',
        '-Wl,-z,now',
        '-Wl,-z,noexecstack',
        '-Wl,-z,nodelete', # OpenSSL's thread-key destructors must outlive the last Worker that loaded us
        '-Wl,-O1',
        '-static-libgcc',
      ],
      'ldflags!': ['-rdynamic'],
      'libraries': [
        '<(deps)/lib/libcurl.a',
        '<(deps)/lib/libssl.a',
        '<(deps)/lib/libcrypto.a',
        '<(deps)/lib/libjansson.a',
        '-lpthread',
      ],
    },
  ],
}
