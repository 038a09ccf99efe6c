# onetrip for a PostgreSQL of nixpkgs:
#   nix-build --expr '(import <nixpkgs> { }).callPackage ./packaging/onetrip.nix { }'
# and in a NixOS configuration:
#   services.postgresql.extensions = ps: [ (pkgs.callPackage ./packaging/onetrip.nix { inherit (ps) postgresql; }) ];
{ lib, stdenv, postgresql }:

stdenv.mkDerivation {
  pname = "onetrip";
  version = builtins.head (builtins.match ".*default_version *= *'([^']*)'.*" (builtins.readFile ../onetrip.control));

  src = lib.cleanSource ../.;

  buildInputs = [ postgresql ];

  # Newer nixpkgs have pg_config in a package of its own.
  makeFlags = [ "PG_CONFIG=${postgresql.pg_config or postgresql}/bin/pg_config" ];

  # PGXS would install into PostgreSQL's own folder, which cannot be written here.
  installPhase = ''
    runHook preInstall
    install -D --target-directory=$out/lib onetrip.so
    install -D --mode=644 --target-directory=$out/share/postgresql/extension onetrip.control onetrip--*.sql
    runHook postInstall
  '';

  meta = {
    description = "DVB/MPEG sections and carousels, rows of nested JSON, and the clients that still ask row by row";
    license = lib.licenses.postgresql;
    platforms = lib.platforms.linux;
  };
}
