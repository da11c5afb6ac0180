// GoogLeNet (Szegedy et al., arXiv:1409.4842) as torchvision trains it: with batch normalisation, a
// 3x3 in the place of the 5x5, no auxiliary classifiers. 6,624,904 parameters.
cnn.block @conv(%x) params(filters, kernel = 1, stride = 1) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) stride(stride) pad(kernel / 2)
  %bn = cnn.batch_norm %conv epsilon(0.001)
  %relu = cnn.relu %bn
  cnn.yield %relu
}

cnn.block @inception(%x) params(a, b_reduce, b, c_reduce, c, d) {
  %branch1 = cnn.use @conv(%x) with(filters = a)
  %reduce2 = cnn.use @conv(%x) with(filters = b_reduce)
  %branch2 = cnn.use @conv(%reduce2) with(filters = b, kernel = 3)
  %reduce3 = cnn.use @conv(%x) with(filters = c_reduce)
  %branch3 = cnn.use @conv(%reduce3) with(filters = c, kernel = 3)
  %pool4 = cnn.max_pool2d %x kernel(3) stride(1) pad(1)
  %branch4 = cnn.use @conv(%pool4) with(filters = d)
  %concat = cnn.concat %branch1, %branch2, %branch3, %branch4
  cnn.yield %concat
}

cnn.model @googlenet {
  %image = cnn.input "image" as tensor<?x224x224x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %conv1 = cnn.use @conv(%0) with(filters = 64, kernel = 7, stride = 2)
  %pool1 = cnn.max_pool2d %conv1 kernel(3) stride(2) ceil
  %conv2 = cnn.use @conv(%pool1) with(filters = 64)
  %conv3 = cnn.use @conv(%conv2) with(filters = 192, kernel = 3)
  %pool2 = cnn.max_pool2d %conv3 kernel(3) stride(2) ceil
  %inc3a = cnn.use @inception(%pool2) with(a = 64, b_reduce = 96, b = 128, c_reduce = 16, c = 32, d = 32)
  %inc3b = cnn.use @inception(%inc3a) with(a = 128, b_reduce = 128, b = 192, c_reduce = 32, c = 96, d = 64)
  %pool3 = cnn.max_pool2d %inc3b kernel(3) stride(2) ceil
  %inc4a = cnn.use @inception(%pool3) with(a = 192, b_reduce = 96, b = 208, c_reduce = 16, c = 48, d = 64)
  %inc4b = cnn.use @inception(%inc4a) with(a = 160, b_reduce = 112, b = 224, c_reduce = 24, c = 64, d = 64)
  %inc4c = cnn.use @inception(%inc4b) with(a = 128, b_reduce = 128, b = 256, c_reduce = 24, c = 64, d = 64)
  %inc4d = cnn.use @inception(%inc4c) with(a = 112, b_reduce = 144, b = 288, c_reduce = 32, c = 64, d = 64)
  %inc4e = cnn.use @inception(%inc4d) with(a = 256, b_reduce = 160, b = 320, c_reduce = 32, c = 128, d = 128)
  %pool4 = cnn.max_pool2d %inc4e kernel(2) stride(2) ceil
  %inc5a = cnn.use @inception(%pool4) with(a = 256, b_reduce = 160, b = 320, c_reduce = 32, c = 128, d = 128)
  %inc5b = cnn.use @inception(%inc5a) with(a = 384, b_reduce = 192, b = 384, c_reduce = 48, c = 128, d = 128)
  %mean = cnn.global_avg_pool2d %inc5b
  %flat = cnn.flatten %mean
  %dropout = cnn.dropout %flat rate(0.2)
  %fc = cnn.dense %dropout units(1000)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @googlenet batch(32) epochs(60)
  optimizer(sgd, learning_rate = 0.01, momentum = 0.9, weight_decay = 2e-4, reference_batch = 32)
  schedule(polynomial, power = 0.5) augment(resized_crop = true, flip = true)
