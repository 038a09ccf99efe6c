# Rails' own database.yml in argv[0], read by ActiveRecord: what its settings raise, and what they leave alone. Prints a line
# for each; the tables are those of tests/t/036_examples.pl.

require 'active_record'
require 'yaml'

settings = YAML.load_file(ARGV[0])['test']
settings.merge!('host' => ENV['PGHOST'], 'port' => ENV['PGPORT'], 'database' => ENV['PGDATABASE'])
ActiveRecord::Base.establish_connection(settings)

class Author < ActiveRecord::Base
  has_many :books
end

class Book < ActiveRecord::Base
  belongs_to :author
end

class Publisher < ActiveRecord::Base
end

class Shelf < ActiveRecord::Base
end

# A test of Rails runs in a transaction that is rolled back; here the code under test is the block.
def run_test(name)
  ActiveRecord::Base.transaction do
    yield
    raise ActiveRecord::Rollback
  end
  puts "#{name}: passes"
rescue ActiveRecord::StatementInvalid => e
  puts "#{name}: #{e.class} #{e.cause.class} #{e.cause.result.error_field(PG::Result::PG_DIAG_SQLSTATE)} #{e.message.lines.first}"
end

# First, as long as ActiveRecord does not know the columns of any model.
run_test('models that are used for the first time') { [Author, Book, Publisher, Shelf].each(&:first) }
run_test('lazy') { Author.order(:id).each { |author| author.books.to_a } }
run_test('includes') { Author.includes(:books).each { |author| author.books.to_a } }
run_test('in batches') { Book.in_batches(of: 2) { |books| books.each(&:title) } }
run_test('annotated') { Author.order(:id).each { |author| author.books.annotate('onetrip:ignore').to_a } }
run_test('ignored') do
  ActiveRecord::Base.connection.execute('SET LOCAL onetrip.watch_ignore = on')
  Author.order(:id).each { |author| author.books.to_a }
end
run_test('counted') { Author.order(:id).each { |author| author.books.count } }
