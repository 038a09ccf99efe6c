"""The pure code without a server, by programs in C++: the encoder next to memcpy, and the paths of CRC_32."""

from harness import Report, run_program

TITLE = "the encoder and CRC_32 by themselves"


def run():
    report = Report("programs", TITLE)
    for source, unit, base in (("encoder.cpp", "sections", "encoder"), ("crc.cpp", "B", "byte-wise table")):
        for group, (amount, runs) in run_program(source, ("jsonb", "section")).items():
            report.add(group, runs, amount=amount, unit=unit, base=base)
    return report
