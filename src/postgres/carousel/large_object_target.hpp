#pragma once

#include "postgres/carousel/export_target.hpp"
#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// A new large object of the caller's; gone with the transaction if that does not commit.
class LargeObjectTarget final : public ExportTarget {
  public:
    LargeObjectTarget();

    void write(std::span<const std::uint8_t> bytes) override;
    void finish() override;

    Datum oid() const { return oid_; }

  private:
    Datum oid_;
    int32 descriptor_;
};

}  // namespace onetrip::postgres
